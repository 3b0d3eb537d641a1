// A task: a coroutine of the engine that runs in slices, with its own globals, limits and account.

#include <stdlib.h>
#include <string.h>

#include "internal.h"

static const uint64_t SLICE_COST = 50;  // of starting a slice: a script that only waits is counted too

static void take_thread(clua_engine *engine, clua_task *task) {
    if (engine->idle_count > 0) {
        engine->idle_count -= 1;
        task->thread = engine->idle[engine->idle_count];
        task->reference = engine->idle_references[engine->idle_count];
    } else {
        task->thread = lua_newthread(engine->main);
        task->reference = luaL_ref(engine->main, LUA_REGISTRYINDEX);
    }
    // By this coroutines know whose they are. Serials, not addresses: those are used again.
    *(uintptr_t *)lua_getextraspace(task->thread) = task->serial;
}

// A thread that ended is used again. One that has not is left to the collector: nothing of it may run any more.
static void leave_thread(clua_engine *engine, clua_task *task) {
    int capacity = (int)(sizeof engine->idle / sizeof engine->idle[0]);
    bool ended = !task->started || (task->over && lua_status(task->thread) == LUA_OK);
    if (ended && engine->idle_count < capacity) {
        lua_settop(task->thread, 0);
        *(uintptr_t *)lua_getextraspace(task->thread) = 0;
        engine->idle[engine->idle_count] = task->thread;
        engine->idle_references[engine->idle_count] = task->reference;
        engine->idle_count += 1;
    } else {
        luaL_unref(engine->main, LUA_REGISTRYINDEX, task->reference);
    }
}

clua_task *clua_task_new(clua_engine *engine, int function) {
    clua_task *task = calloc(1, sizeof *task);
    clua_account *account = calloc(1, sizeof *account);
    if (!task || !account) abort();  // as Swift would
    account->limited = true;
    account->open = true;
    task->engine = engine;
    task->account = account;
    engine->tasks += 1;
    task->serial = engine->tasks;
    engine->account = &engine->base;
    take_thread(engine, task);

    lua_State *L = clua_task_enter(task);
    lua_pushcfunction(L, clua_task_main);
    lua_rawgeti(L, LUA_REGISTRYINDEX, function);
    lua_createtable(L, 0, 1);
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "_G");
    lua_rawgeti(L, LUA_REGISTRYINDEX, engine->globals);
    lua_setmetatable(L, -2);
    clua_task_leave(task);
    return task;
}

void clua_task_free(clua_task *task) {
    leave_thread(task->engine, task);
    task->account->open = false;
    if (task->account->bytes == 0) free(task->account);
    free(task->traceback);
    free(task);
}

lua_State *clua_task_enter(clua_task *task) {
    task->engine->account = task->account;
    lua_State *L = task->waiting ? task->waiting : task->thread;
    lua_checkstack(L, CLUA_HOST_SLOTS);
    return L;
}

// A host function may make another task while one runs.
void clua_task_leave(clua_task *task) {
    clua_engine *engine = task->engine;
    engine->account = engine->current ? engine->current->account : &engine->base;
}

void clua_task_answer(clua_task *task, bool raises) {
    lua_State *L = task->waiting;
    lua_pop(L, task->count);
    task->count = 0;
    task->answer_base = lua_gettop(L);
    task->answer_raises = raises;
}

clua_outcome clua_task_resume(clua_task *task) {
    clua_engine *engine = task->engine;
    lua_State *L = task->thread;
    int arguments = 0;
    if (!task->started) {
        arguments = lua_gettop(L) - 1;
        task->started = true;
    } else if (task->waiting) {
        task->answer_count = lua_gettop(task->waiting) - task->answer_base;
        if (task->waiting == L) arguments = task->answer_count;
    }
    task->used += task->slice_used;
    task->slice_used = SLICE_COST;
    task->slice_start = 0;
    task->stall_start = 0;
    task->armed = false;
    task->running = L;
    memset(&engine->refused, 0, sizeof engine->refused);
    lua_sethook(L, clua_hook, LUA_MASKCOUNT, clua_tick(engine));

    engine->current = task;
    engine->account = task->account;
    engine->enforcing = true;
    int count = 0;
    int status = lua_resume(L, NULL, arguments, &count);
    engine->enforcing = false;
    engine->account = &engine->base;
    engine->current = NULL;

    if (status == LUA_YIELD && !task->limit) return task->yield == YIELD_WAITING ? CLUA_SUSPENDED : CLUA_PREEMPTED;
    task->over = true;
    task->waiting = NULL;
    task->count = count;
    if (status != LUA_OK && status != LUA_YIELD) {  // outside of the script's function, in ours
        task->failed = true;
        task->count = 1;
        if (status == LUA_ERRMEM && !task->limit) task->limit = CLUA_MEMORY_LIMIT;
    }
    return task->failed || task->limit ? CLUA_FAILED : CLUA_FINISHED;
}

lua_State *clua_task_values(const clua_task *task, int *count) {
    *count = task->count;
    return task->waiting ? task->waiting : task->thread;
}

int clua_task_function(const clua_task *task) { return task->function; }
clua_limit clua_task_limit(const clua_task *task) { return task->limit; }
uint64_t clua_task_instructions(const clua_task *task) { return task->used + task->slice_used; }
size_t clua_task_bytes(const clua_task *task) { return task->account->bytes; }
const char *clua_task_traceback(const clua_task *task) { return task->traceback; }
