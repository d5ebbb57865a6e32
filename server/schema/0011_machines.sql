-- 0011_machines.sql - whoever enrolls is looked for by his machine's number and its name together: clones of one image
-- have the one in common, desktops that are made anew each day the other, thousands of them each time.
DROP INDEX device_by_machine;
CREATE INDEX device_by_machine ON device (machine_guid, name COLLATE NOCASE) WHERE machine_guid IS NOT NULL;
