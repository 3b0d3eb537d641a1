// Coroutines that know the difference between a script's own yield and the task giving way.
//
// When a slice ends, or a host function waits, inside a coroutine, the coroutine yields to whoever resumed it, which
// must not take that for a value of the script's. So it yields too, up to the task itself, and when the task goes on,
// each resumes the one below it again. That needs every frame on the way to be able to yield; `blocked` counts those
// that are not.

#include "internal.h"

// A coroutine's hook counts from anew each time: half a tick may go by unseen.
enum { RESUME_COST = 50, CLOSE_DEPTH = 5 };

typedef enum { RESUME, WRAP } resume_kind;

static clua_task *task_of(lua_State *L) { return clua_engine_of(L)->current; }

// The coroutine at this index, if it is the running task's: a table shared by tasks may hold others'.
static lua_State *coroutine_at(lua_State *L, int index) {
    lua_State *co = lua_tothread(L, index);
    luaL_argexpected(L, co, index, "coroutine");
    if (*(uintptr_t *)lua_getextraspace(co) != task_of(L)->serial) {
        luaL_argerror(L, index, "this coroutine belongs to another task");
    }
    return co;
}

typedef enum { RUNNING, DEAD, SUSPENDED, NORMAL } coroutine_status;
static const char *const status_names[] = {"running", "dead", "suspended", "normal"};

static coroutine_status status_of(lua_State *L, lua_State *co) {
    if (L == co) return RUNNING;
    int status = lua_status(co);
    if (status == LUA_YIELD) return SUSPENDED;
    if (status != LUA_OK) return DEAD;
    lua_Debug info;
    if (lua_getstack(co, 0, &info)) return NORMAL;
    return lua_gettop(co) == 0 ? DEAD : SUSPENDED;
}

static void run_in(clua_task *task, lua_State *co) {
    task->running = co;
    lua_sethook(co, clua_hook, LUA_MASKCOUNT, clua_tick(task->engine));
}

// Closes a coroutine with its to-be-closed variables; false with the error pushed on it.
static bool close_coroutine(lua_State *L, lua_State *co) {
    clua_task *task = task_of(L);
    if (task->closing >= CLOSE_DEPTH) luaL_error(L, "too many coroutines are being closed inside one another");
    task->closing += 1;
    run_in(task, co);
    int status = lua_resetthread(co);
    task->running = L;
    task->closing -= 1;
    if (status == LUA_ERRMEM) clua_mark_limit(task, L, CLUA_MEMORY_LIMIT);
    if (task->limit) clua_raise_limit(L);
    return status == LUA_OK;
}

static int fail(lua_State *L, lua_State *co, resume_kind kind) {
    lua_checkstack(co, 1);
    if (kind == RESUME) {
        lua_pushboolean(L, 0);
        lua_xmove(co, L, 1);
        return 2;
    }
    if (lua_status(co) != LUA_OK && lua_status(co) != LUA_YIELD) close_coroutine(L, co);
    lua_xmove(co, L, 1);
    if (lua_type(L, -1) == LUA_TSTRING) {
        luaL_where(L, 1);
        lua_insert(L, -2);
        lua_concat(L, 2);
    }
    return lua_error(L);
}

static int go_on(lua_State *L, int status, lua_KContext kind);

// Runs `co` with `count` arguments that are on its stack, until it ends or yields to the script.
static int run(lua_State *L, lua_State *co, int count, resume_kind kind) {
    clua_task *task = task_of(L);
    bool blocks = !lua_isyieldable(L);
    int results = 0;
    task->blocked += blocks;
    run_in(task, co);
    int status = lua_resume(co, L, count, &results);
    task->running = L;
    task->blocked -= blocks;
    if (status == LUA_ERRMEM) clua_mark_limit(task, L, CLUA_MEMORY_LIMIT);
    if (task->limit) clua_raise_limit(L);
    if (status == LUA_YIELD && task->yield != YIELD_SCRIPT) return lua_yieldk(L, 0, (lua_KContext)kind, go_on);
    if (status != LUA_OK && status != LUA_YIELD) return fail(L, co, kind);
    if (!lua_checkstack(L, results + 1)) {
        lua_pop(co, results);
        lua_pushliteral(co, "too many results to resume");
        return fail(L, co, kind);
    }
    if (kind == RESUME) lua_pushboolean(L, 1);
    lua_xmove(co, L, results);
    return results + (kind == RESUME);
}

static lua_State *resumed(lua_State *L, resume_kind kind) {
    return lua_tothread(L, kind == WRAP ? lua_upvalueindex(1) : 1);
}

static int go_on(lua_State *L, int status, lua_KContext kind) {
    (void)status;
    lua_State *co = resumed(L, (resume_kind)kind);
    clua_task *task = task_of(L);
    return run(L, co, task->waiting == co ? task->answer_count : 0, (resume_kind)kind);
}

static int start(lua_State *L, resume_kind kind, int first) {
    lua_State *co = coroutine_at(L, kind == WRAP ? lua_upvalueindex(1) : 1);
    int count = lua_gettop(L) - first + 1;
    clua_charge(L, RESUME_COST);
    coroutine_status status = status_of(L, co);
    const char *problem = NULL;
    if (status != SUSPENDED) {
        problem = lua_pushfstring(L, "cannot resume %s coroutine", status == DEAD ? "dead" : "non-suspended");
    } else if (!lua_checkstack(co, count)) {
        problem = lua_pushstring(L, "too many arguments to resume");
    }
    if (problem) {
        if (kind == WRAP) return luaL_error(L, "%s", problem);
        lua_pushboolean(L, 0);
        lua_insert(L, -2);
        return 2;
    }
    lua_xmove(L, co, count);
    return run(L, co, count, kind);
}

static int co_resume(lua_State *L) {
    luaL_argexpected(L, lua_tothread(L, 1), 1, "coroutine");
    return start(L, RESUME, 2);
}

static int co_wrapped(lua_State *L) { return start(L, WRAP, 1); }

static int co_create(lua_State *L) {
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_State *co = lua_newthread(L);
    *(uintptr_t *)lua_getextraspace(co) = task_of(L)->serial;
    lua_pushvalue(L, 1);
    lua_xmove(L, co, 1);
    return 1;
}

static int co_wrap(lua_State *L) {
    co_create(L);
    lua_pushcclosure(L, co_wrapped, 1);
    return 1;
}

static int co_yield(lua_State *L) {
    clua_task *task = task_of(L);
    if (L == task->thread) return luaL_error(L, "attempt to yield from outside a coroutine");
    if (!lua_isyieldable(L)) return luaL_error(L, "attempt to yield across a C-call boundary");
    task->yield = YIELD_SCRIPT;
    return lua_yield(L, lua_gettop(L));
}

static int co_status(lua_State *L) {
    lua_State *co = coroutine_at(L, 1);
    lua_pushstring(L, status_names[status_of(L, co)]);
    return 1;
}

static int co_running(lua_State *L) {
    lua_pushthread(L);
    lua_pushboolean(L, L == task_of(L)->thread);
    return 2;
}

static int co_is_yieldable(lua_State *L) {
    lua_State *co = lua_isnone(L, 1) ? L : coroutine_at(L, 1);
    lua_pushboolean(L, co != task_of(L)->thread && lua_isyieldable(co));
    return 1;
}

static int co_close(lua_State *L) {
    lua_State *co = coroutine_at(L, 1);
    coroutine_status status = status_of(L, co);
    if (status != DEAD && status != SUSPENDED) {
        return luaL_error(L, "cannot close a %s coroutine", status_names[status]);
    }
    clua_charge(L, RESUME_COST);
    bool closed = close_coroutine(L, co);
    lua_pushboolean(L, closed);
    if (closed) return 1;
    lua_xmove(co, L, 1);
    return 2;
}

void clua_open_coroutine(lua_State *L) {
    static const luaL_Reg functions[] = {
        {"close", co_close},     {"create", co_create}, {"isyieldable", co_is_yieldable}, {"resume", co_resume},
        {"running", co_running}, {"status", co_status}, {"wrap", co_wrap},                {"yield", co_yield},
        {NULL, NULL}};
    luaL_newlib(L, functions);
}
