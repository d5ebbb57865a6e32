#include "agent/outlook_autodiscover.h"

#include "agent/outlook_profile.h"
#include "base/random.h"

#include <expat.h>
#include <string.h>
#include <strings.h>

/* Expat's memory grows with the longest tag, with the depth and with the number of different names, and with
 * nothing else. So these are bounded, and no answer takes more than a few MiB. */
enum {
    PIECE_BYTES = 16 * 1024, /* handed to expat at once */
    TAG_BYTES = 64 * 1024,   /* of one tag, comment or the like */
    DEPTH_MOST = 32,         /* answers have 8 levels */
    NAMES_MOST = 20000,      /* of elements and attributes; answers have some hundreds */
    TEXT_BYTES = 1024,       /* of a type, server or URL */
};

/* ---- the elements that count --------------------------------------------------------------- */

enum place {
    PLACE_ELSEWHERE,
    PLACE_DOCUMENT,
    PLACE_AUTODISCOVER,
    PLACE_RESPONSE,
    PLACE_ACCOUNT,
    PLACE_ONLINE,
    PLACE_PROTOCOL,
    PLACE_TYPE,
    PLACE_SERVER,
    PLACE_ENDPOINT,
    PLACE_URL,
};

static const struct step {
    enum place outer;
    const char *name;
    enum place inner;
} STEPS[] = {
    {PLACE_DOCUMENT, "Autodiscover", PLACE_AUTODISCOVER},
    {PLACE_AUTODISCOVER, "Response", PLACE_RESPONSE},
    {PLACE_RESPONSE, "Account", PLACE_ACCOUNT},
    {PLACE_ACCOUNT, "MicrosoftOnline", PLACE_ONLINE},
    {PLACE_ACCOUNT, "Protocol", PLACE_PROTOCOL},
    {PLACE_PROTOCOL, "Type", PLACE_TYPE},
    {PLACE_PROTOCOL, "Server", PLACE_SERVER},
    {PLACE_PROTOCOL, "MailStore", PLACE_ENDPOINT},
    {PLACE_PROTOCOL, "AddressBook", PLACE_ENDPOINT},
    {PLACE_ENDPOINT, "InternalUrl", PLACE_URL},
    {PLACE_ENDPOINT, "ExternalUrl", PLACE_URL},
};

/* Whatever prefix the names carry: expat is built without namespaces. */
static const char *local_part(const char *name)
{
    const char *colon = strrchr(name, ':');
    return colon != NULL ? colon + 1 : name;
}

static enum place step_into(enum place outer, const char *name)
{
    for (size_t i = 0; i < sizeof STEPS / sizeof STEPS[0]; i++) {
        if (STEPS[i].outer == outer && strcmp(STEPS[i].name, local_part(name)) == 0) {
            return STEPS[i].inner;
        }
    }
    return PLACE_ELSEWHERE;
}

static bool has_text(enum place place)
{
    return place == PLACE_ONLINE || place == PLACE_TYPE || place == PLACE_SERVER ||
           place == PLACE_URL;
}

/* ---- what is read ------------------------------------------------------------------------- */

enum kind { KIND_NONE, KIND_MAPI_HTTP, KIND_EXCH, KIND_EXPR, KIND_WEB };

/* Where a server is; neither: it does not say. */
struct where {
    bool online;
    bool on_premises;
};

struct reader {
    XML_Parser parser;
    enum ag_xml_trouble trouble;
    struct ag_autodiscover found;
    bool settings; /* some protocol was there */
    size_t depth;
    size_t names;
    enum place places[DEPTH_MOST + 1]; /* of the open elements; the document itself first */
    struct {
        enum kind kind;
        struct where server;
    } block;     /* the Protocol that is open */
    bool spoilt; /* the text was too long, or elements were within */
    size_t text_bytes;
    char text[TEXT_BYTES + 1];
};

static void stop(struct reader *reader, enum ag_xml_trouble why)
{
    reader->trouble = why;
    (void)XML_StopParser(reader->parser, XML_FALSE);
}

static struct span trimmed(const struct reader *reader)
{
    static const char BLANKS[] = " \t\r\n";
    const char *text = reader->text;
    size_t size = reader->spoilt ? 0 : reader->text_bytes;
    while (size > 0 && strchr(BLANKS, text[0]) != NULL) {
        text++;
        size--;
    }
    while (size > 0 && strchr(BLANKS, text[size - 1]) != NULL) {
        size--;
    }
    return (struct span){.data = (const uint8_t *)text, .size = size};
}

static bool says(const struct reader *reader, const char *word)
{
    return span_equal(trimmed(reader), span_text(word));
}

/* ---- hosts -------------------------------------------------------------------------------- */

/* What is no name says nothing: GUID@domain, an address in brackets, a label without a letter. */
static struct where locate(struct span host)
{
    static const char NAME[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    struct where nowhere = {.online = false};
    uint8_t before = '.';
    for (size_t i = 0; i < host.size; i++) {
        uint8_t c = host.data[i];
        if (c == '\0' || strchr(NAME, c) == NULL || (c == '.' && before == '.')) {
            return nowhere;
        }
        before = c;
    }
    bool online = ag_host_is_online((const char *)host.data, host.size);
    return (struct where){.online = online, .on_premises = !online && host.size > 0};
}

static struct span host_of(struct span url)
{
    static const char SCHEME[] = "https://";
    const size_t scheme = sizeof SCHEME - 1;
    struct span host = {.data = url.data, .size = 0};
    if (url.size < scheme || strncasecmp((const char *)url.data, SCHEME, scheme) != 0) {
        return host;
    }
    host.data += scheme;
    while (host.size < url.size - scheme && strchr("/:?#\\", host.data[host.size]) == NULL) {
        host.size++;
    }
    return host;
}

static void add_location(struct ag_autodiscover *found, struct where where)
{
    found->online = found->online || where.online;
    found->on_premises = found->on_premises || where.on_premises;
}

/* ---- elements ----------------------------------------------------------------------------- */

/* The attribute decides; where it is missing, the first <Type> does. */
static void open_protocol(struct reader *reader, const char **attributes)
{
    memset(&reader->block, 0, sizeof reader->block);
    for (size_t i = 0; attributes[i] != NULL; i += 2) {
        if (strcmp(attributes[i], "Type") == 0 && strcmp(attributes[i + 1], "mapiHttp") == 0) {
            reader->block.kind = KIND_MAPI_HTTP;
        }
    }
}

static void close_type(struct reader *reader)
{
    if (reader->block.kind == KIND_NONE) {
        reader->block.kind = says(reader, "EXCH")   ? KIND_EXCH
                             : says(reader, "EXPR") ? KIND_EXPR
                             : says(reader, "WEB")  ? KIND_WEB
                                                    : KIND_NONE;
    }
}

static void close_protocol(struct reader *reader)
{
    struct ag_autodiscover *found = &reader->found;
    enum kind kind = reader->block.kind;
    found->mapi_http = found->mapi_http || kind == KIND_MAPI_HTTP;
    found->exch = found->exch || kind == KIND_EXCH;
    found->expr = found->expr || kind == KIND_EXPR;
    if (kind == KIND_EXPR) {
        add_location(found, reader->block.server);
    }
    reader->settings = reader->settings || kind != KIND_NONE;
}

static void close_url(struct reader *reader)
{
    if (reader->block.kind == KIND_MAPI_HTTP) {
        add_location(&reader->found, locate(host_of(trimmed(reader))));
    }
}

/* Of several accounts one that is online counts. */
static void close_online(struct reader *reader)
{
    if (says(reader, "True")) {
        reader->found.microsoft_online = POL_YES;
    } else if (says(reader, "False") && reader->found.microsoft_online == POL_NOT_KNOWN) {
        reader->found.microsoft_online = POL_NO;
    }
}

static void close_place(struct reader *reader, enum place place)
{
    switch (place) {
    case PLACE_ONLINE: close_online(reader); break;
    case PLACE_PROTOCOL: close_protocol(reader); break;
    case PLACE_TYPE: close_type(reader); break;
    case PLACE_SERVER: reader->block.server = locate(trimmed(reader)); break;
    case PLACE_URL: close_url(reader); break;
    case PLACE_ELSEWHERE:
    case PLACE_DOCUMENT:
    case PLACE_AUTODISCOVER:
    case PLACE_RESPONSE:
    case PLACE_ACCOUNT:
    case PLACE_ENDPOINT: break;
    }
}

/* ---- expat's calls ------------------------------------------------------------------------ */

/* Some still come after XML_StopParser(). */

static void XMLCALL element_starts(void *ctx, const XML_Char *name, const XML_Char **attributes)
{
    struct reader *reader = ctx;
    if (reader->trouble != AG_XML_FINE) {
        return;
    }
    reader->names += 1 + (size_t)XML_GetSpecifiedAttributeCount(reader->parser) / 2;
    if (reader->depth >= DEPTH_MOST || reader->names > NAMES_MOST) {
        stop(reader, AG_XML_TOO_LARGE);
        return;
    }
    enum place outer = reader->places[reader->depth];
    enum place place = step_into(outer, name);
    reader->places[++reader->depth] = place;
    if (has_text(outer)) {
        reader->spoilt = true;
    }
    if (has_text(place)) {
        reader->spoilt = false;
        reader->text_bytes = 0;
    }
    if (place == PLACE_PROTOCOL) {
        open_protocol(reader, attributes);
    }
}

static void XMLCALL element_ends(void *ctx, const XML_Char *name)
{
    struct reader *reader = ctx;
    (void)name;
    if (reader->trouble == AG_XML_FINE) {
        close_place(reader, reader->places[reader->depth--]);
    }
}

static void XMLCALL text_comes(void *ctx, const XML_Char *text, int size)
{
    struct reader *reader = ctx;
    size_t room = TEXT_BYTES - reader->text_bytes;
    if (reader->trouble != AG_XML_FINE || !has_text(reader->places[reader->depth])) {
        return;
    }
    if ((size_t)size > room) {
        reader->spoilt = true;
        return;
    }
    memcpy(reader->text + reader->text_bytes, text, (size_t)size);
    reader->text_bytes += (size_t)size;
}

static void XMLCALL dtd_starts(void *ctx, const XML_Char *name, const XML_Char *system_id,
                               const XML_Char *public_id, int has_internal_subset)
{
    (void)name;
    (void)system_id;
    (void)public_id;
    (void)has_internal_subset;
    stop(ctx, AG_XML_MALFORMED);
}

/* ---- the whole ---------------------------------------------------------------------------- */

/* How much of what was fed lies there as an unfinished tag. */
static size_t unfinished(struct reader *reader, size_t fed)
{
    XML_Index at = XML_GetCurrentByteIndex(reader->parser);
    return at >= 0 && (size_t)at <= fed ? fed - (size_t)at : 0;
}

static void feed(struct reader *reader, struct span xml)
{
    size_t fed = 0;
    while (reader->trouble == AG_XML_FINE && fed < xml.size) {
        size_t piece = xml.size - fed < PIECE_BYTES ? xml.size - fed : PIECE_BYTES;
        const char *data = (const char *)xml.data + fed;
        fed += piece;
        if (XML_Parse(reader->parser, data, (int)piece, fed == xml.size) != XML_STATUS_OK) {
            bool memory = XML_GetErrorCode(reader->parser) == XML_ERROR_NO_MEMORY;
            enum ag_xml_trouble why = memory ? AG_XML_UNREADABLE : AG_XML_MALFORMED;
            reader->trouble = reader->trouble != AG_XML_FINE ? reader->trouble : why;
        } else if (unfinished(reader, fed) > TAG_BYTES) {
            reader->trouble = AG_XML_TOO_LARGE;
        }
    }
}

static enum ag_xml_trouble parse(struct span xml, struct reader *reader)
{
    unsigned long salt = 0;
    if (xml.size > AG_AUTODISCOVER_BYTES) {
        return AG_XML_TOO_LARGE;
    }
    if (xml.size == 0) {
        return AG_XML_MALFORMED;
    }
    if (random_bytes(&salt, sizeof salt) != ST_OK) {
        return AG_XML_UNREADABLE;
    }
    reader->parser = XML_ParserCreate(NULL);
    if (reader->parser == NULL) {
        return AG_XML_UNREADABLE;
    }
    (void)XML_SetHashSalt(reader->parser, salt);
    XML_SetUserData(reader->parser, reader);
    XML_SetElementHandler(reader->parser, element_starts, element_ends);
    XML_SetCharacterDataHandler(reader->parser, text_comes);
    XML_SetStartDoctypeDeclHandler(reader->parser, dtd_starts);
    feed(reader, xml);
    XML_ParserFree(reader->parser);
    if (reader->trouble == AG_XML_FINE && !reader->settings) {
        return AG_XML_NO_SETTINGS;
    }
    return reader->trouble;
}

void ag_autodiscover_read(struct span xml, struct ag_autodiscover *out)
{
    struct reader reader = {.places = {PLACE_DOCUMENT}};
    enum ag_xml_trouble trouble = parse(xml, &reader);
    *out = trouble == AG_XML_FINE ? reader.found : (struct ag_autodiscover){.trouble = trouble};
}
