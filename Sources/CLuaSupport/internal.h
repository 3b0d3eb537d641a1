// What the files of this target share.

#ifndef CLUA_INTERNAL_H
#define CLUA_INTERNAL_H

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "CLuaSupport.h"

// Who pays for a block. Outlives its task until the last of its blocks is freed.
typedef struct {
    size_t bytes;
    bool limited;  // a task's; the engine's own is bound by the total only
    bool open;     // its task lives
} clua_account;

typedef enum { YIELD_SCRIPT, YIELD_PREEMPTED, YIELD_WAITING } clua_yield;

struct clua_engine {
    lua_State *main;
    clua_limits limits;
    void *context;
    clua_dispatch dispatch;
    clua_random random;

    size_t bytes;
    clua_account base;
    clua_account *account;  // who pays now
    void *strings;          // Lua's table of interned strings; the engine pays, whoever makes it grow
    bool enforcing;         // Lua code runs: limits bind
    int64_t refuse_after;
    struct {
        void *block;
        size_t old_size, new_size;
    } refused;

    clua_task *current;
    uintptr_t tasks;  // ever made: the next one's serial
    int globals;      // reference of the metatable of a task's globals
    lua_State *idle[64];
    int idle_references[64];
    int idle_count;
};

struct clua_task {
    clua_engine *engine;
    lua_State *thread;
    int reference;  // of the thread
    clua_account *account;
    uintptr_t serial;

    uint64_t used;        // in earlier slices
    uint64_t slice_used;
    uint64_t slice_start; // nanoseconds; 0: not looked at yet
    uint64_t stall_start; // the same of CPU time
    bool armed;           // the hook has been asked to come early, once a slice
    clua_limit limit;     // hit: nothing of the task may run any more

    lua_State *running;   // the thread or one of its coroutines
    int blocked;          // coroutines that were resumed from where yielding is impossible
    int closing;          // nested coroutine.close
    clua_yield yield;
    lua_State *waiting;   // where a host function waits
    int function;
    int answer_base;
    int answer_count;
    bool answer_raises;

    bool started, over, failed;
    int count;            // of the values of the last outcome
    char *traceback;
};

static inline clua_engine *clua_engine_of(lua_State *L) {
    void *engine;
    lua_getallocf(L, &engine);
    return engine;
}

// limits.c
void *clua_allocate(void *engine, void *block, size_t old_size, size_t new_size);
void clua_hook(lua_State *L, lua_Debug *info);
int clua_tick(const clua_engine *engine);
// Counts work that no VM instruction shows; raises if a limit has been hit. For C functions that scripts call.
void clua_charge(lua_State *L, uint64_t units);
// Makes room for a block of this size by collecting garbage, where an allocation of lauxlib's buffers would just fail.
void clua_make_room(lua_State *L, uint64_t bytes);
void clua_mark_limit(clua_task *task, lua_State *L, clua_limit limit);
// Ends a task that has hit a limit, from a C function.
_Noreturn void clua_raise_limit(lua_State *L);
void clua_keep_traceback(clua_task *task, lua_State *L);

// host.c
int clua_task_main(lua_State *L);
int clua_host_function(lua_State *L);
int clua_host_function_that_waits(lua_State *L);

// Each leaves the library's table on the stack.
void clua_open_base(lua_State *L);
void clua_open_coroutine(lua_State *L);
void clua_open_math(lua_State *L);
void clua_open_string(lua_State *L);
void clua_open_table(lua_State *L);
void clua_open_utf8(lua_State *L);
// Copies fields of the table at `from`, or of nothing that is not there, to the table on top.
void clua_copy(lua_State *L, int from, const char *const *names);
// The same, each wrapped so that the length of its first so many arguments is counted, where they are strings.
void clua_copy_counted(lua_State *L, int from, const char *const *names, int arguments);
// patterns.c: functions into the table on top.
void clua_add_patterns(lua_State *L);
// A proxy that reads through to the table on top, which it replaces, and that nobody can change.
void clua_freeze(lua_State *L);
bool clua_is_frozen(lua_State *L, int index);

#endif
