import History

// The module RPC has types of these names too, and a type `History` hides the module's name: here only one is meant.
typealias ExecutionEvent = Execution
typealias DuplicateActionEvent = DuplicateAction
