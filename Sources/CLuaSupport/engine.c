// An engine: one Lua state, the globals that every task reads through to, and compiled functions.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static int panic(lua_State *L) {
    // Only when the machine is out of memory while Swift builds values, where no limit binds.
    fprintf(stderr, "Lua: %s\n", lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "error outside of a call");
    return 0;  // Lua aborts
}

static void open_libraries(lua_State *L) {
    static const struct {
        const char *name;
        void (*open)(lua_State *);
    } libraries[] = {
        {"coroutine", clua_open_coroutine}, {"math", clua_open_math}, {"string", clua_open_string},
        {"table", clua_open_table},         {"utf8", clua_open_utf8},
    };
    clua_open_base(L);
    for (size_t i = 0; i < sizeof libraries / sizeof libraries[0]; i++) {
        libraries[i].open(L);
        clua_freeze(L);
        lua_setfield(L, -2, libraries[i].name);
    }
    lua_getfield(L, -1, "math");
    lua_getfield(L, -1, "random");
    lua_setfield(L, -3, "random");
    lua_pop(L, 1);
}

clua_engine *clua_engine_new(clua_limits limits, clua_dispatch dispatch, clua_random random) {
    clua_engine *engine = calloc(1, sizeof *engine);
    if (!engine) return NULL;
    engine->limits = limits;
    if (engine->limits.slice_instructions == 0) engine->limits.slice_instructions = 1;
    engine->dispatch = dispatch;
    engine->random = random;
    engine->base.open = true;
    engine->account = &engine->base;
    engine->refuse_after = -1;
    lua_State *L = lua_newstate(clua_allocate, engine);
    if (!L) {
        free(engine);
        return NULL;
    }
    engine->main = L;
    lua_atpanic(L, panic);
    lua_newtable(L);  // the metatable of each task's globals
    open_libraries(L);
    lua_setfield(L, -2, "__index");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    engine->globals = luaL_ref(L, LUA_REGISTRYINDEX);
    return engine;
}

void clua_engine_set_context(clua_engine *engine, void *context) { engine->context = context; }

void clua_engine_free(clua_engine *engine) {
    lua_close(engine->main);
    free(engine);
}

// Pushes the table that can be changed behind the global `name`, made if there is none.
static void push_library(lua_State *L, int globals, const char *name) {
    if (lua_getfield(L, globals, name) != LUA_TTABLE) {
        lua_pop(L, 1);
        lua_newtable(L);
        clua_freeze(L);
        lua_pushvalue(L, -1);
        lua_setfield(L, globals, name);
    }
    lua_getmetatable(L, -1);
    lua_getfield(L, -1, "__index");
    lua_replace(L, -3);
    lua_pop(L, 1);
}

void clua_engine_define(clua_engine *engine, const char *table, const char *name, int function, bool waits) {
    lua_State *L = engine->main;
    lua_rawgeti(L, LUA_REGISTRYINDEX, engine->globals);
    lua_getfield(L, -1, "__index");
    if (table) push_library(L, lua_gettop(L), table);
    lua_pushinteger(L, function);
    lua_pushcclosure(L, waits ? clua_host_function_that_waits : clua_host_function, 1);
    lua_setfield(L, -2, name);
    lua_settop(L, 0);
}

size_t clua_engine_bytes(const clua_engine *engine) { return engine->bytes; }
void clua_engine_collect(clua_engine *engine) { lua_gc(engine->main, LUA_GCCOLLECT); }
void clua_engine_refuse_after(clua_engine *engine, int64_t allocations) { engine->refuse_after = allocations; }

// MARK: Compiling

static char *copy_of(const char *text) {
    char *copy = malloc(strlen(text) + 1);
    if (copy) strcpy(copy, text);
    return copy;
}

// Pushes the chunk; or nothing, and answers the problem.
static char *load(lua_State *L, const char *text, size_t size, const char *name) {
    char chunk[LUA_IDSIZE];
    snprintf(chunk, sizeof chunk, "=%s", name);
    if (luaL_loadbufferx(L, text, size, chunk, "t") == LUA_OK) return NULL;
    char *problem = copy_of(lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "not enough memory");
    lua_pop(L, 1);
    return problem;
}

char *clua_check(const char *source, size_t size, const char *name) {
    lua_State *L = luaL_newstate();
    if (!L) return copy_of("not enough memory");
    char *problem = load(L, source, size, name);
    lua_close(L);
    return problem;
}

// The text becomes the body of a function whose first parameter is its globals: so one closure serves every task.
// It must be a chunk by itself first, or it could end the function early.
int clua_engine_compile(clua_engine *engine, const char *source, size_t size, const char *name,
                        const char *parameters, char **problem) {
    lua_State *L = engine->main;
    const char *separator = parameters[0] ? "," : "";
    static const char tail[] = "\nend";
    size_t room = size + strlen(parameters) + 64;
    char *text = malloc(room);
    if (!text) {
        *problem = copy_of("not enough memory");
        return 0;
    }
    int head = snprintf(text, room, "return function(_ENV%s%s,...) ", separator, parameters);
    memcpy(text + head, source, size);
    memcpy(text + head + size, tail, sizeof tail);

    engine->enforcing = true;  // loading is protected
    *problem = load(L, source, size, name);
    if (!*problem) {
        lua_pop(L, 1);
        *problem = load(L, text, (size_t)head + size + sizeof tail - 1, name);
    }
    engine->enforcing = false;
    free(text);
    if (*problem) return 0;
    if (lua_pcall(L, 0, 1, 0) != LUA_OK) {
        *problem = copy_of("not enough memory");
        lua_pop(L, 1);
        return 0;
    }
    return luaL_ref(L, LUA_REGISTRYINDEX);
}

int clua_engine_intern(clua_engine *engine, const char *bytes, size_t size) {
    lua_pushlstring(engine->main, bytes, size);
    return luaL_ref(engine->main, LUA_REGISTRYINDEX);
}

int clua_engine_table(clua_engine *engine) {
    lua_newtable(engine->main);
    return luaL_ref(engine->main, LUA_REGISTRYINDEX);
}

void clua_engine_release(clua_engine *engine, int reference) {
    luaL_unref(engine->main, LUA_REGISTRYINDEX, reference);
}

void clua_free(char *text) { free(text); }
