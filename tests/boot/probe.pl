# probe.pl - tries what a service has no use for, one line each: "allowed NAME" or "refused NAME".
#
# inside.sh runs it twice as the same user, in the sandbox of the server's unit and outside of it: there all must be allowed,
# or a refusal inside would say nothing. Numbers are the system calls' of x86-64 (asm/unistd_64.h).
use strict;
use warnings;
use Fcntl;
use Socket;

my ($folder, $own) = @ARGV; # what the machine made for this, open to everybody; a place that this user may write to

sub writes {
    my ($path) = @_;
    return sysopen my $file, $path, O_WRONLY | O_CREAT | O_NOCTTY | O_NONBLOCK, 0600;
}

sub reads {
    my ($path) = @_;
    open my $file, '<', $path or return;
    return sysread $file, my $byte, 1;
}

sub calls {
    my ($number, @arguments) = @_;
    return syscall($number, @arguments) != -1;
}

# A child of its own for what would change this process.
sub child {
    my ($code) = @_;
    my $pid = fork // die "fork: $!";
    exit($code->() ? 0 : 1) if $pid == 0;
    waitpid $pid, 0;
    return $? == 0;
}

sub makes_setuid {
    my $path = "$own/setuid";
    writes($path) or die "$path: $!";
    my $done = chmod 04755, $path;
    unlink $path;
    return $done;
}

my %tries = (
    'write_outside' => sub { writes("$folder/file") },
    'write_home' => sub { writes('/home/open/file') },
    'read_home' => sub { reads('/home/open/letter') },
    'see_others_temporary_files' => sub { reads('/tmp/letter') },
    'see_others_processes' => sub { reads('/proc/1/status') },
    'see_the_machine' => sub { reads('/proc/meminfo') },
    'see_kernel_settings' => sub { reads('/proc/sys/kernel/hostname') },
    'see_devices' => sub { -e '/dev/kmsg' },
    'open_a_device' => sub { writes("$folder/serial") },
    'read_the_kernels_log' => sub { my $text = ' ' x 4096; calls(103, 3, $text, 4096) }, # syslog(SYSLOG_ACTION_READ_ALL)
    'become_root_by_a_program' => sub { my $id = `$folder/id -u`; defined $id && $id eq "0\n" },
    'make_a_setuid_file' => \&makes_setuid,
    'netlink_socket' => sub { socket(my $s, 16, SOCK_RAW, 0) },
    'user_namespace' => sub { child(sub { calls(272, 0x10000000) }) },           # unshare(CLONE_NEWUSER)
    'writable_code' => sub { calls(9, 0, 4096, 7, 0x22, -1, 0) },                 # mmap(RWX, private, anonymous)
    'personality' => sub { child(sub { calls(135, 0x0040000) }) },                # ADDR_NO_RANDOMIZE
    'be_traced' => sub { child(sub { calls(101, 0, 0, 0, 0) }) },                 # ptrace(PTRACE_TRACEME)
    'priority' => sub { child(sub { calls(141, 0, 0, 5) }) },                     # setpriority(PRIO_PROCESS)
);
for my $name (sort keys %tries) {
    printf "%s %s\n", $tries{$name}->() ? 'allowed' : 'refused', $name;
}
