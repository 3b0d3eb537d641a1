// The frames between Lua and the host: what starts a task's function, and what scripts call that Swift implements.

#include "internal.h"

enum { CALL_COST = 20 };

// MARK: A task's first frame

static int keep_error(lua_State *L) {
    clua_task *task = clua_engine_of(L)->current;
    if (task) clua_keep_traceback(task, L);
    return 1;
}

static int task_end(lua_State *L, int status, lua_KContext context) {
    (void)context;
    clua_task *task = clua_engine_of(L)->current;
    if (status != LUA_OK && status != LUA_YIELD) {
        task->failed = true;
        if (status == LUA_ERRMEM) clua_mark_limit(task, L, CLUA_MEMORY_LIMIT);
        return 1;  // the error
    }
    return lua_gettop(L) - 1;
}

// The script's function is called in protected mode, so that its to-be-closed variables are closed when it fails.
int clua_task_main(lua_State *L) {
    lua_pushcfunction(L, keep_error);
    lua_insert(L, 1);
    int status = lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 1, 0, task_end);
    return task_end(L, status, 0);
}

// MARK: Host functions

// Raises the value on top; a text gets the place in front.
static int raise(lua_State *L) {
    if (lua_type(L, -1) == LUA_TSTRING) {
        luaL_where(L, 1);
        lua_insert(L, -2);
        lua_concat(L, 2);
    }
    return lua_error(L);
}

int clua_host_function(lua_State *L) {
    clua_engine *engine = clua_engine_of(L);
    clua_charge(L, CALL_COST);
    luaL_checkstack(L, CLUA_HOST_SLOTS, "no room for the results of a host function");
    int function = (int)lua_tointeger(L, lua_upvalueindex(1));
    engine->enforcing = false;
    int results = engine->dispatch(engine->context, L, function, lua_gettop(L));
    engine->enforcing = true;
    if (results == CLUA_RAISE) return raise(L);
    return results;
}

static int continue_waiting(lua_State *L, int status, lua_KContext context) {
    (void)status;
    (void)context;
    clua_task *task = clua_engine_of(L)->current;
    task->waiting = NULL;
    if (task->answer_raises) return raise(L);
    return task->answer_count;
}

int clua_host_function_that_waits(lua_State *L) {
    clua_task *task = clua_engine_of(L)->current;
    clua_charge(L, CALL_COST);
    if (!lua_isyieldable(L) || task->blocked > 0) {
        return luaL_error(L, "cannot wait here: inside a comparison for table.sort, a replacement for string.gsub or "
                             "another function that cannot be interrupted");
    }
    luaL_checkstack(L, CLUA_HOST_SLOTS, "no room for the results of a host function");
    task->yield = YIELD_WAITING;
    task->waiting = L;
    task->function = (int)lua_tointeger(L, lua_upvalueindex(1));
    task->count = lua_gettop(L);
    return lua_yieldk(L, task->count, 0, continue_waiting);
}
