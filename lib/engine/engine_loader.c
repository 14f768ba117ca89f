/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include <dlfcn.h>
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <link.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine.h"

/* File of the engine NAME, in the folders where engines are looked for. */
#define FILE_PREFIX "engine_"
#define FILE_SUFFIX ".so"

/** A message that grows, and is cut where its room ends. */
struct text {
	char *data;
	size_t size;
	size_t len;
};

static bool loader_is_path(const char *name);
static int loader_find_path(const char *name, const char *const *directories, char *path,
			    struct text *error);
static int loader_load(const char *path, const char *name, struct tr_engine *engine,
		       struct text *error);
static const struct tr_engine_ops *loader_ops_of(void *library);
static void *loader_hold(const struct tr_engine_ops *ops);
static void loader_explain_unknown(const char *name, const char *const *directories,
				   struct text *error);
static void text_add(struct text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

int
tr_engine_open(const char *spec, const struct tr_engine_config *config, struct tr_engine *engine,
	       char *error, size_t error_size)
{
	struct text text = {.data = error, .size = error_size};
	const char *comma = strchr(spec, ',');
	const char *args = comma != NULL && comma[1] != '\0' ? comma + 1 : NULL;
	char name[PATH_MAX];
	char path[PATH_MAX];
	int rc;

	*engine = (struct tr_engine){0};
	rc = snprintf(name, sizeof(name), "%.*s", (int)strcspn(spec, ","), spec);
	if (rc <= 0 || (size_t)rc >= sizeof(name)) {
		text_add(&text, "\"%s\" names no engine: NAME or PATH.so is needed", spec);
		return -EINVAL;
	}

	engine->ops = engine_find(name);
	if (engine->ops != NULL) {
		engine->library = loader_hold(engine->ops);
	} else {
		rc = loader_find_path(name, config->directories, path, &text);
		if (rc < 0)
			return rc;
		rc = loader_load(path, loader_is_path(name) ? NULL : name, engine, &text);
		if (rc < 0)
			return rc;
	}

	text_add(&text, "engine %s: ", engine->ops->name);
	engine->instance =
		engine->ops->create(args, config, error + text.len, error_size - text.len);
	if (engine->instance == NULL) {
		if (engine->library != NULL)
			dlclose(engine->library);
		*engine = (struct tr_engine){0};
		return -EINVAL;
	}
	if (error_size > 0)
		error[0] = '\0';
	return 0;
}

void
tr_engine_close(struct tr_engine *engine)
{
	if (engine->instance != NULL)
		engine->ops->destroy(engine->instance);
	if (engine->library != NULL)
		dlclose(engine->library);
	*engine = (struct tr_engine){0};
}

static bool
loader_is_path(const char *name)
{
	size_t len = strlen(name);

	return strchr(name, '/') != NULL ||
	       (len > strlen(FILE_SUFFIX) &&
		strcmp(name + len - strlen(FILE_SUFFIX), FILE_SUFFIX) == 0);
}

/* The file to load for a name or path; 0, or -ENOENT. */
static int
loader_find_path(const char *name, const char *const *directories, char *path, struct text *error)
{
	const char *const *directory;
	int len;

	if (loader_is_path(name)) {
		/* dlopen() would look for a bare file name among the system's libraries. */
		len = snprintf(path, PATH_MAX, "%s%s", strchr(name, '/') == NULL ? "./" : "", name);
		if (len < PATH_MAX && access(path, R_OK) == 0)
			return 0;
		text_add(error, "cannot read the engine %s: %s", name, strerror(errno));
		return -ENOENT;
	}
	for (directory = directories; directory != NULL && *directory != NULL; directory++) {
		len = snprintf(path, PATH_MAX, "%s/" FILE_PREFIX "%s" FILE_SUFFIX, *directory,
			       name);
		if (len < PATH_MAX && access(path, R_OK) == 0)
			return 0;
	}
	loader_explain_unknown(name, directories, error);
	return -ENOENT;
}

/* Load a file, and find the engine in it: the one of this name, or any when @p name is NULL. */
static int
loader_load(const char *path, const char *name, struct tr_engine *engine, struct text *error)
{
	void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);

	if (library == NULL) {
		text_add(error, "cannot load the engine: %s", dlerror());
		return -EINVAL;
	}
	engine->ops = name != NULL ? engine_find(name) : loader_ops_of(library);
	if (engine->ops == NULL) {
		text_add(error, "%s registers no engine%s%s, or one whose name is taken", path,
			 name != NULL ? " " : "", name != NULL ? name : "");
		dlclose(library);
		return -EINVAL;
	}
	engine->library = library;
	return 0;
}

/** A search of the registry for what a shared object registered. */
struct ops_search {
	const struct link_map *map;
	const struct tr_engine_ops *found;
};

static void
ops_search_visit(const struct tr_engine_ops *ops, void *arg)
{
	struct ops_search *search = arg;
	struct link_map *map;
	Dl_info info;

	if (search->found == NULL && dladdr1(ops, &info, (void **)&map, RTLD_DL_LINKMAP) != 0 &&
	    map == search->map)
		search->found = ops;
}

/* By address: an object that was loaded before does not register again. */
static const struct tr_engine_ops *
loader_ops_of(void *library)
{
	struct ops_search search = {0};

	if (dlinfo(library, RTLD_DI_LINKMAP, &search.map) == 0)
		engine_walk(ops_search_visit, &search);
	return search.found;
}

/* One more reference to the object of a registered engine, which somebody else may unload. */
static void *
loader_hold(const struct tr_engine_ops *ops)
{
	struct link_map *map;
	Dl_info info;

	if (dladdr1(ops, &info, (void **)&map, RTLD_DL_LINKMAP) == 0)
		return NULL;
	return dlopen(map->l_name, RTLD_LAZY | RTLD_NOLOAD);
}

static void
explain_visit(const struct tr_engine_ops *ops, void *arg)
{
	text_add(arg, " %s", ops->name);
}

/* "no engine foo; there are: null dram (looked for engine_foo.so in /a /b)" */
static void
loader_explain_unknown(const char *name, const char *const *directories, struct text *error)
{
	const char *const *directory;
	char pattern[PATH_MAX];
	glob_t files;
	size_t i;

	text_add(error, "no engine %s; there are:", name);
	engine_walk(explain_visit, error);
	for (directory = directories; directory != NULL && *directory != NULL; directory++) {
		snprintf(pattern, sizeof(pattern), "%s/" FILE_PREFIX "*" FILE_SUFFIX, *directory);
		if (glob(pattern, 0, NULL, &files) != 0)
			continue;
		for (i = 0; i < files.gl_pathc; i++) {
			const char *found =
				strrchr(files.gl_pathv[i], '/') + 1 + strlen(FILE_PREFIX);
			text_add(error, " %.*s", (int)(strlen(found) - strlen(FILE_SUFFIX)), found);
		}
		globfree(&files);
	}
	text_add(error, " (looked for " FILE_PREFIX "%s" FILE_SUFFIX " in", name);
	for (directory = directories; directory != NULL && *directory != NULL; directory++)
		text_add(error, " %s", *directory);
	text_add(error, "%s)", directories == NULL || *directories == NULL ? " no folder" : "");
}

static void
text_add(struct text *text, const char *format, ...)
{
	va_list args;
	int len;

	if (text->len >= text->size)
		return;
	va_start(args, format);
	len = vsnprintf(text->data + text->len, text->size - text->len, format, args);
	va_end(args);
	if (len > 0)
		text->len = (size_t)len < text->size - text->len ? text->len + len : text->size - 1;
}
