/// Prints while a test runs; does nothing on chain.
module std::debug;

/// Prints a value.
public native fun print<T>(x: &T);

/// Prints the calls that led here.
public native fun print_stack_trace();
