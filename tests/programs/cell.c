/* cell.c - see cell.h. */
#include "cell.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void stls_cell_fail(struct stls_cell *cell, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(cell->problem, sizeof(cell->problem), format, arguments);
    va_end(arguments);
    cell->is_done = true;
}

bool stls_cell_is_ready(struct stls_cell *cell, int error, const char *what)
{
    if (error == -ENOTSUP) {
        cell->expectation = STLS_CELL_NOT_APPLICABLE;
        cell->reason = "this OpenSSL is built without it";
    } else if (error != 0) {
        stls_cell_fail(cell, "%s: %s", what, strerror(-error));
    }
    return error == 0;
}

/* The end of what a program said, on one line. */
static void quote_output(const struct stls_process_result *result, char *text, size_t size)
{
    size_t from = result->output_length > size - 1 ? result->output_length - (size - 1) : 0;
    size_t length = 0;
    for (size_t i = from; i < result->output_length && length < size - 1; i++) {
        unsigned char c = (unsigned char)result->output[i];
        text[length++] = isprint(c) ? (char)c : c == '\n' ? '|' : ' ';
    }
    text[length] = '\0';
}

static bool ran_well(struct stls_cell *cell, const char *mode, const struct stls_trial *trial)
{
    char end[64];
    char said[400];
    if (trial->error != 0) {
        stls_cell_fail(cell, "%s: could not be run: %s%s", mode, strerror(-trial->error),
                       trial->error == -ENOENT ? " (is its package installed?)" : "");
        return false;
    }
    if (trial->result.end != STLS_PROCESS_EXITED) {
        stls_process_describe(&trial->result, end, sizeof(end));
        quote_output(&trial->result, said, sizeof(said));
        stls_cell_fail(cell, "%s: %s; it said: %s", mode, end, said);
        return false;
    }
    return true;
}

static const char *find_fault(const struct stls_cell *cell, const struct stls_cell_rules *rules,
                              const struct stls_trial *bare, const struct stls_trial *preloaded)
{
    bool is_served = false;
    switch (cell->expectation) {
    case STLS_CELL_NOT_APPLICABLE:
        return NULL;
    case STLS_CELL_SERVED:
        is_served = true;
        break;
    case STLS_CELL_REFUSED:
    case STLS_CELL_REFUSED_ANYWAY:
        break;
    }
    if (bare->outcome != STLS_LAB_DATA && cell->expectation != STLS_CELL_REFUSED_ANYWAY) {
        return "bare: no data";
    }
    if (is_served && preloaded->outcome != STLS_LAB_DATA) {
        return "preloaded: no data for a good server";
    }
    if (is_served) {
        return preloaded->refusals != 0 ? "preloaded: logged a refusal of a good server" : NULL;
    }
    if (preloaded->outcome == STLS_LAB_DATA) {
        return "preloaded: sent data to a bad server";
    }
    if (preloaded->outcome == STLS_LAB_FINISHED) {
        return "preloaded: finished the handshake with a bad server";
    }
    if (preloaded->refusals == 0 && cell->expectation == STLS_CELL_REFUSED) {
        return "preloaded: refused without a line in the log";
    }
    if (preloaded->refusals > 1 && !rules->connects_often) {
        return "preloaded: more than one line in the log for one refusal";
    }
    if (preloaded->refusals > 0 && strstr(preloaded->log_line, rules->program) == NULL) {
        return "preloaded: the log line does not name the program";
    }
    if (rules->complaint != NULL &&
        strcasestr(preloaded->result.output, rules->complaint) == NULL) {
        return "preloaded: the program's own message is wrong";
    }
    return NULL;
}

/* Audit mode changes nothing, and tells what would be refused: that, and nothing else. */
static const char *find_audit_fault(const struct stls_trial *bare,
                                    const struct stls_trial *preloaded,
                                    const struct stls_trial *audited)
{
    /* Which code a failure gets is a matter of timing in some programs. */
    if (audited->outcome != bare->outcome ||
        (audited->result.code == 0) != (bare->result.code == 0)) {
        return "audited: ends otherwise than bare";
    }
    bool is_certain = strstr(audited->log_line, "; the peer might have chosen otherwise") == NULL;
    if (audited->refusals > 0 && is_certain && preloaded->refusals == 0) {
        return "audited: foretold a refusal that was none";
    }
    if (audited->refusals == 0 && preloaded->refusals > 0) {
        return "audited: did not foretell the refusal";
    }
    return NULL;
}

static void describe_fault(struct stls_cell *cell, const char *fault,
                           const struct stls_cell_rules *rules, const struct stls_trial *trials,
                           enum stls_preload mode)
{
    const struct stls_trial *trial = &trials[mode];
    char end[64];
    char said[400];
    stls_process_describe(&trial->result, end, sizeof(end));
    quote_output(&trial->result, said, sizeof(said));
    stls_cell_fail(
        cell, "%s (bare %s, preloaded %s, audited %s; %d refusals logged: %s)%s%s; it %s: %s",
        fault, stls_lab_outcome_name(trials[STLS_BARE].outcome),
        stls_lab_outcome_name(trials[STLS_PRELOADED].outcome),
        stls_lab_outcome_name(trials[STLS_AUDITED].outcome), trials[STLS_PRELOADED].refusals,
        trials[mode == STLS_AUDITED ? mode : STLS_PRELOADED].log_line,
        rules->complaint != NULL ? "; expected: " : "",
        rules->complaint != NULL ? rules->complaint : "", end, said);
}

void stls_cell_judge(struct stls_cell *cell, const struct stls_cell_rules *rules,
                     const struct stls_trial trials[STLS_MODE_COUNT])
{
    static const char *const names[STLS_MODE_COUNT] = {"bare", "preloaded", "audited"};
    const struct stls_trial *bare = &trials[STLS_BARE];
    const struct stls_trial *preloaded = &trials[STLS_PRELOADED];
    for (enum stls_preload mode = STLS_BARE; mode < STLS_MODE_COUNT; mode++) {
        cell->outcomes[mode] = trials[mode].outcome;
    }
    cell->is_refused = preloaded->refusals > 0;
    cell->is_foretold = trials[STLS_AUDITED].refusals > 0;
    cell->is_done = true;
    for (enum stls_preload mode = STLS_BARE; mode < STLS_MODE_COUNT; mode++) {
        if (!ran_well(cell, names[mode], &trials[mode])) {
            return;
        }
    }
    const char *fault = find_fault(cell, rules, bare, preloaded);
    if (fault != NULL) {
        describe_fault(cell, fault, rules, trials, fault[0] == 'b' ? STLS_BARE : STLS_PRELOADED);
        return;
    }
    fault = find_audit_fault(bare, preloaded, &trials[STLS_AUDITED]);
    if (fault != NULL && cell->expectation != STLS_CELL_NOT_APPLICABLE) {
        describe_fault(cell, fault, rules, trials, STLS_AUDITED);
    }
}
