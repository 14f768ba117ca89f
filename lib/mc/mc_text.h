/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * memcached's text protocol: a command line cut into words, and the answers that are one line.
 *
 * Threads: the core that owns the connection.
 */
#ifndef MC_TEXT_H
#define MC_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mc_internal.h"

/** Longest command line, in bytes, as memcached's; only a retrieval may be longer. */
#define MC_TEXT_LINE_MAX 2049

/** Words of a line that are looked at. */
#define MC_TEXT_WORDS 8

/** Answers of one line. */
enum mc_text_reply {
	MC_TEXT_NONE, /* there is no fixed answer */
	MC_TEXT_OK,
	MC_TEXT_END,
	MC_TEXT_STORED,
	MC_TEXT_NOT_STORED,
	MC_TEXT_EXISTS,
	MC_TEXT_NOT_FOUND,
	MC_TEXT_DELETED,
	MC_TEXT_TOUCHED,
	MC_TEXT_VERSION, /* with the version */
	MC_TEXT_ERROR,
	MC_TEXT_BAD_FORMAT,
	MC_TEXT_BAD_DELETE,
	MC_TEXT_BAD_CHUNK,
	MC_TEXT_BAD_DELTA,
	MC_TEXT_BAD_EXPTIME,
	MC_TEXT_LINE_TOO_LONG,
	MC_TEXT_NOT_NUMERIC,
	MC_TEXT_TOO_LARGE,
	MC_TEXT_NO_MEMORY,
	MC_TEXT_NOT_SUPPORTED,
	MC_TEXT_BUSY,
	MC_TEXT_REPLIES
};

/** A word of a line. */
struct mc_text_word {
	const uint8_t *bytes;
	size_t len;
};

/** A command line. */
struct mc_text_line {
	struct mc_text_word words[MC_TEXT_WORDS];
	unsigned int nb_words; /* all of them, also those that are not in words */
	struct mc_text_word last;
	const uint8_t *end; /* behind the last byte that is not line end */
	size_t len; /* line end included */
	uint8_t noreply; /* MC_TAG_NOREPLY if the last word says so */
};

/** How a command's line is read. */
struct mc_text_command {
	const char *name;
	uint8_t name_len;
	uint16_t words_min; /* the name included */
	uint16_t words_max;
	uint8_t op; /* enum tr_engine_op, or TR_ENGINE_OPS */
	uint8_t flags; /* MC_TAG_* */
	enum mc_result (*run)(struct mc_parser *parser, const struct mc_text_command *command,
			      const struct mc_text_line *line);
};

/** The command of this name, or NULL. */
const struct mc_text_command *mc_text_find(const struct mc_text_word *name);

/** The next word from @p from on, of length 0 where there is none. */
static inline struct mc_text_word
mc_text_word_next(const uint8_t *from, const uint8_t *end)
{
	const uint8_t *space;

	while (from < end && *from == ' ')
		from++;
	space = from < end ? memchr(from, ' ', end - from) : NULL;
	return (struct mc_text_word){
		.bytes = from,
		.len = (space != NULL ? space : end) - from,
	};
}

/** Whether a word is this text. */
static inline bool
mc_text_word_is(const struct mc_text_word *word, const char *text)
{
	size_t len = strlen(text);

	return word->len == len && memcmp(word->bytes, text, len) == 0;
}

/** A whole word as a number that is at most @p max. */
bool mc_text_parse_unsigned(const struct mc_text_word *word, uint64_t max, uint64_t *number);

/** A whole word as a number that may be negative. */
bool mc_text_parse_signed(const struct mc_text_word *word, int64_t *number);

/** Answer a line that needs no engine, and consume it. */
enum mc_result mc_text_answer(struct mc_parser *parser, const struct mc_text_line *line,
			      enum mc_text_reply reply);

/** Answer with a line; nothing is consumed. False: no credit. */
bool mc_text_reply(struct mc_parser *parser, enum mc_text_reply reply, uint8_t tag_flags);

/**
 * Take the next line. What most are, seen whole, is taken here: get and one key, a space between
 * them; any other by mc_text_command_any(), which would do the same with these, only slower.
 */
enum mc_result mc_text_get_usual(struct mc_parser *parser);

/** Take the next line, whatever it is. */
enum mc_result mc_text_command_any(struct mc_parser *parser);

/** get, gets, gat, gats: a line that is complete. */
enum mc_result mc_text_get(struct mc_parser *parser, const struct mc_text_command *command,
			   const struct mc_text_line *line);

/** A line that is too long to be seen whole: a retrieval, or an error. */
enum mc_result mc_text_get_long(struct mc_parser *parser);

/** set, add, replace, append, prepend, cas. */
enum mc_result mc_text_store(struct mc_parser *parser, const struct mc_text_command *command,
			     const struct mc_text_line *line);

#endif /* MC_TEXT_H */
