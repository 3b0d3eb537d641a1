// A Lua 5.4 sandbox behind a C interface that Swift can call safely.
//
// Lua reports errors by longjmp, which must never cross a Swift frame. So Swift touches no Lua function itself: it calls
// the functions below, none of which raises. What a script calls that is written in Swift goes through a C trampoline
// (host.c), which raises or yields only after Swift has returned. The memory limits bind only while Lua code runs
// ("enforcing"): what Swift builds is counted but not refused, so that building cannot raise. If the machine itself is
// out of memory there, the process ends, as Swift's own allocations do.
//
// An engine and everything made from it belong to one thread at a time.

#ifndef CLUA_SUPPORT_H
#define CLUA_SUPPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct lua_State lua_State;
typedef struct clua_engine clua_engine;
typedef struct clua_task clua_task;

typedef struct {
    size_t memory;                // bytes, of all tasks together with the engine's own
    size_t task_memory;           // bytes that one task may hold, garbage not yet collected included
    uint64_t task_instructions;   // units of work that one task may do in all; one VM instruction is one unit
    uint64_t slice_instructions;  // units after which a task gives way to others
    uint64_t pattern_steps;       // steps of one call of a pattern function, plus eight a byte of the subject
} clua_limits;

// Runs a host function. Its arguments are values 1...arguments of `state`. Answers how many results it pushed, or
// CLUA_RAISE with the error value pushed last.
typedef int (*clua_dispatch)(void *context, lua_State *state, int function, int arguments);
// Draws 64 random bits for the running task; false if it has no generator.
typedef bool (*clua_random)(void *context, uint64_t *bits);

enum { CLUA_RAISE = -1 };
// Values that a host function may push: results, and a table and a key a level of nesting.
enum { CLUA_HOST_SLOTS = 100 };

// MARK: Engine

clua_engine *clua_engine_new(clua_limits limits, clua_dispatch dispatch, clua_random random);
// What dispatch and random are called with.
void clua_engine_set_context(clua_engine *engine, void *context);
void clua_engine_free(clua_engine *engine);
// Makes a host function reachable as `name`, or `table.name`. A function that waits suspends its task.
void clua_engine_define(
    clua_engine *engine, const char *table, const char *name, int function, bool waits);
// Bytes that the engine holds, garbage included.
size_t clua_engine_bytes(const clua_engine *engine);
void clua_engine_collect(clua_engine *engine);
// For tests: refuses every allocation of Lua code after this many more; negative: never.
void clua_engine_refuse_after(clua_engine *engine, int64_t allocations);

// Compiles the text of a function body with these parameters ("a,b"). Answers a reference, or 0 and a problem, to be
// freed by the caller, that begins with "name:line: ".
int clua_engine_compile(
    clua_engine *engine, const char *source, size_t size, const char *name, const char *parameters, char **problem);
// A string kept for use as a key.
int clua_engine_intern(clua_engine *engine, const char *bytes, size_t size);
// A new table.
int clua_engine_table(clua_engine *engine);
void clua_engine_release(clua_engine *engine, int reference);
// Compiles without an engine: null if the text is well-formed, else the problem, to be freed by the caller.
char *clua_check(const char *source, size_t size, const char *name);

// Frees what these functions hand out to be freed.
void clua_free(char *text);

// MARK: Tasks

typedef enum {
    CLUA_FINISHED,   // results are values 1...n
    CLUA_FAILED,     // the error is value 1, unless a limit was hit
    CLUA_SUSPENDED,  // a host function that waits was called; its arguments are values 1...n
    CLUA_PREEMPTED,  // the slice is used up
} clua_outcome;

typedef enum { CLUA_NO_LIMIT, CLUA_INSTRUCTION_LIMIT, CLUA_MEMORY_LIMIT } clua_limit;

clua_task *clua_task_new(clua_engine *engine, int function);
// Discards the task, whatever it is doing; nothing of it runs any more.
void clua_task_free(clua_task *task);
// Values pushed from here on are charged to the task. Answers the state to push to.
lua_State *clua_task_enter(clua_task *task);
void clua_task_leave(clua_task *task);
// After CLUA_SUSPENDED: drops the arguments; what is pushed next is the answer.
void clua_task_answer(clua_task *task, bool raises);
// Runs the task for a slice, with what was pushed as arguments or answer.
clua_outcome clua_task_resume(clua_task *task);
// Where the values of the last outcome are, and how many.
lua_State *clua_task_values(const clua_task *task, int *count);
int clua_task_function(const clua_task *task);
clua_limit clua_task_limit(const clua_task *task);
uint64_t clua_task_instructions(const clua_task *task);
size_t clua_task_bytes(const clua_task *task);
// Where the error was raised, line by line; null if it is not known.
const char *clua_task_traceback(const clua_task *task);

// MARK: Values on a state's stack; `index` is from 1, or from -1 for the topmost

typedef enum {
    CLUA_NIL, CLUA_BOOLEAN, CLUA_INTEGER, CLUA_NUMBER, CLUA_STRING, CLUA_TABLE, CLUA_OTHER
} clua_kind;

int clua_top(lua_State *state);
void clua_set_top(lua_State *state, int top);
clua_kind clua_kind_at(lua_State *state, int index);
const char *clua_type_name(lua_State *state, int index);
bool clua_boolean_at(lua_State *state, int index);
int64_t clua_integer_at(lua_State *state, int index);
double clua_number_at(lua_State *state, int index);
const char *clua_string_at(lua_State *state, int index, size_t *size);
const void *clua_identity_at(lua_State *state, int index);
// The border of a table (`#`), without metamethods.
size_t clua_length_at(lua_State *state, int index);
// These push the element and answer its kind; the table must be a table.
clua_kind clua_get_index(lua_State *state, int table, int64_t index);
clua_kind clua_get_field(lua_State *state, int table, const char *name, size_t size);
clua_kind clua_get_interned(lua_State *state, int table, int reference);
// Replaces the key on top by the next key and its value; false, with the key popped, at the end. Start with nil.
bool clua_next(lua_State *state, int table);

// Room for this many more values; false if there is none.
bool clua_reserve(lua_State *state, int slots);
void clua_push_nil(lua_State *state);
void clua_push_boolean(lua_State *state, bool value);
void clua_push_integer(lua_State *state, int64_t value);
void clua_push_number(lua_State *state, double value);
void clua_push_string(lua_State *state, const char *bytes, size_t size);
void clua_push_interned(lua_State *state, int reference);
void clua_push_table(lua_State *state, int elements, int fields);
// Pops a value (and, in the first, the key under it) and stores it in the table under it. A nil or NaN key is ignored.
void clua_set(lua_State *state);
void clua_set_index(lua_State *state, int64_t index);
void clua_set_interned(lua_State *state, int reference);

#endif
