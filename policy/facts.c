#include "policy/facts.h"

#include "policy/bucket.h"
#include "policy/json_read.h"
#include "policy/report_shape.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

struct pol_fact_line {
    struct pol_facts facts;
    struct pol_json *json;
    const char **groups;
    const char **tags;
    enum status st; /* ST_NO_MEMORY sticks */
};

/* ---- reading ------------------------------------------------------------------------------ */

static const char *read_text(const struct pol_at *at, const char *key)
{
    const char *text = NULL;
    (void)pol_read_text(at, key, POL_OPTIONAL, LIMIT_STRING_BYTES, &text);
    return text;
}

/* NULL if the list is not known; a list without elements is known. free() frees it. */
static const char **read_list(const struct pol_at *at, const char *key, struct pol_fact_line *line,
                              size_t *out_count)
{
    struct pol_at list;
    struct pol_at item;
    size_t count = 0;
    if (!pol_read_array(at, key, POL_OPTIONAL, LIMIT_LIST_ITEMS, &list, &count)) {
        return NULL;
    }
    if (!pol_at_is_array(&list)) {
        pol_at_problem(&list, "wrong_type", "a list of texts is expected");
        return NULL;
    }
    const char **texts = malloc((count + 1) * sizeof *texts);
    if (texts == NULL) {
        line->st = ST_NO_MEMORY;
        return NULL;
    }
    *out_count = 0;
    for (bool more = pol_first(&list, &item); more; more = pol_next(&item)) {
        const char *text = NULL;
        if (pol_at_text(&item, LIMIT_STRING_BYTES, &text)) {
            texts[(*out_count)++] = text;
        }
    }
    return texts;
}

static void read_host(const struct pol_at *root, struct pol_fact_line *line)
{
    static const char *const KEYS[] = {"name",    "domain", "computer_ou",
                                       "ad_site", "tags",   "multi_session"};
    struct pol_facts *facts = &line->facts;
    struct pol_at host;
    if (!pol_read_member(root, "host", POL_OPTIONAL, &host) ||
        !pol_read_object(&host, KEYS, COUNT(KEYS))) {
        return;
    }
    facts->host = read_text(&host, "name");
    (void)read_text(&host, "domain"); /* the machine's; rings look at the account's */
    facts->computer_ou = read_text(&host, "computer_ou");
    facts->ad_site = read_text(&host, "ad_site");
    line->tags = read_list(&host, "tags", line, &facts->tag_count);
    facts->tags = line->tags;
    facts->multi_session = pol_shape_answer(&host, "multi_session");
}

/* A list of SIDs alone says nothing about names. */
static bool has_only_sids(const struct pol_facts *facts)
{
    size_t i = 0;
    while (i < facts->group_count && pol_text_is_sid(facts->groups[i])) {
        i++;
    }
    return i > 0 && i == facts->group_count;
}

static void read_user(const struct pol_at *root, struct pol_fact_line *line)
{
    static const char *const KEYS[] = {"sid", "account", "groups"};
    struct pol_facts *facts = &line->facts;
    struct pol_at user;
    if (!pol_read_member(root, "user", POL_OPTIONAL, &user) ||
        !pol_read_object(&user, KEYS, COUNT(KEYS))) {
        return;
    }
    facts->sid = read_text(&user, "sid");
    facts->account = read_text(&user, "account");
    line->groups = read_list(&user, "groups", line, &facts->group_count);
    facts->groups = line->groups;
    facts->groups_without_names = has_only_sids(facts);
}

static void read_outlook(const struct pol_at *root, struct pol_fact_line *line)
{
    static const char *const KEYS[] = {"version"};
    struct pol_at outlook;
    struct pol_at version;
    uint64_t number = 0;
    if (!pol_read_member(root, "outlook", POL_OPTIONAL, &outlook) ||
        !pol_read_object(&outlook, KEYS, COUNT(KEYS)) ||
        !pol_read_member(&outlook, "version", POL_OPTIONAL, &version) ||
        !pol_at_text(&version, LIMIT_STRING_BYTES, &line->facts.outlook)) {
        return;
    }
    if (line->facts.outlook[0] != '\0' && !pol_outlook_version_read(line->facts.outlook, &number)) {
        pol_at_problem(&version, "bad_version_range",
                       "a version like 16.0.17328.20162 is expected, or \"\" for no Outlook");
    }
}

static void read_preflight(const struct pol_at *root, struct pol_facts *facts)
{
    static const char *const KEYS[] = {"allow", "block"};
    struct pol_at preflight;
    if (pol_read_member(root, "preflight", POL_OPTIONAL, &preflight) &&
        pol_read_object(&preflight, KEYS, COUNT(KEYS))) {
        facts->preflight_allow = pol_shape_answer(&preflight, "allow");
        facts->preflight_block = pol_shape_answer(&preflight, "block");
    }
}

static enum status read_line(struct pol_fact_line *line, struct err *err)
{
    static const char *const KEYS[] = {"host", "outlook", "user", "mailbox", "preflight"};
    struct pol_problems problems;
    problems.count = 0;
    problems.found = 0;
    struct pol_at root = pol_json_root(line->json, &problems);
    size_t mailbox = POL_MAILBOX_UNKNOWN;
    if (pol_read_object(&root, KEYS, COUNT(KEYS))) {
        read_host(&root, line);
        read_user(&root, line);
        read_outlook(&root, line);
        read_preflight(&root, &line->facts);
        (void)pol_read_word(&root, "mailbox", POL_OPTIONAL, POL_MAILBOX_WORDS, POL_MAILBOX_COUNT,
                            &mailbox);
        line->facts.mailbox = (enum pol_mailbox)mailbox;
    }
    return line->st == ST_OK ? pol_problems_status(&problems, err)
                             : err_set(err, line->st, 0, "no memory to read facts");
}

enum status pol_fact_line_parse(struct span line, struct pol_fact_line **out, struct err *err)
{
    struct pol_json_limits limits = pol_json_limits_document(LIMIT_FACTS_BYTES);
    struct pol_json *json = NULL;
    enum status st = pol_json_parse(line, &limits, &json, err);
    if (st != ST_OK) {
        return st;
    }
    struct pol_fact_line *read = calloc(1, sizeof *read);
    if (read == NULL) {
        pol_json_free(json);
        return err_set(err, ST_NO_MEMORY, 0, "no memory to read facts");
    }
    read->json = json;
    st = read_line(read, err);
    if (st == ST_OK) {
        *out = read;
        read = NULL; /* handed over */
    }
    pol_fact_line_free(read);
    return st;
}

const struct pol_facts *pol_fact_line_facts(const struct pol_fact_line *line)
{
    return &line->facts;
}

void pol_fact_line_free(struct pol_fact_line *line)
{
    if (line != NULL) {
        pol_json_free(line->json);
        free(line->groups);
        free(line->tags);
        free(line);
    }
}

/* ---- preparing ---------------------------------------------------------------------------- */

/* Room for count elements; what was there is not kept. */
static enum status make_room(void **array, size_t *capacity, size_t count, size_t element_bytes)
{
    if (count <= *capacity) {
        return ST_OK;
    }
    void *grown = malloc(count * element_bytes);
    if (grown == NULL) {
        return ST_NO_MEMORY;
    }
    free(*array);
    *array = grown;
    *capacity = count;
    return ST_OK;
}

/* Without groups, or with more than an index takes, there is none. */
static enum status index_groups(struct pol_preparation *p, const struct pol_facts *known,
                                const struct pol_text_index **out)
{
    size_t slot_count = known->group_count > 0 ? pol_text_index_slots(known->group_count) : 0;
    void *marks = p->marks;
    void *slots = p->slots;
    *out = NULL;
    if (slot_count == 0) {
        return ST_OK;
    }
    enum status st = make_room(&marks, &p->mark_capacity, known->group_count, sizeof *p->marks);
    p->marks = marks;
    if (st == ST_OK) {
        st = make_room(&slots, &p->slot_capacity, slot_count, sizeof *p->slots);
        p->slots = slots;
    }
    if (st == ST_OK) {
        for (size_t i = 0; i < known->group_count; i++) {
            p->marks[i] = pol_text_mark(known->groups[i]);
        }
        p->index = (struct pol_text_index){.texts = known->groups,
                                           .text_count = known->group_count,
                                           .marks = p->marks,
                                           .slots = p->slots,
                                           .slot_count = (uint32_t)slot_count};
        pol_text_index_fill(&p->index);
        *out = &p->index;
    }
    return st;
}

enum status pol_prepare(struct pol_preparation *p, const struct pol_policy *policy,
                        const struct pol_facts *known)
{
    struct pol_facts facts = *known;
    void *buckets = p->buckets;
    enum status st =
        make_room(&buckets, &p->bucket_capacity, policy->draw_count, sizeof *p->buckets);
    p->buckets = buckets;
    if (st == ST_OK) {
        st = pol_buckets(policy, known->sid, known->host, p->buckets);
    }
    if (st == ST_OK) {
        st = index_groups(p, known, &facts.group_index);
    }
    if (st == ST_OK) {
        facts.buckets = p->buckets;
        facts.outlook_is_read = known->outlook != NULL &&
                                pol_outlook_version_read(known->outlook, &facts.outlook_version);
        p->facts = facts;
    }
    return st;
}

void pol_preparation_done(struct pol_preparation *p)
{
    free(p->buckets);
    free(p->marks);
    free(p->slots);
    *p = (struct pol_preparation){0};
}
