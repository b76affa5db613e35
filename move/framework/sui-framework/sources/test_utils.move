#[test_only]
/// Help for tests.
module sui::test_utils;

/// Aborts unless both are equal.
public fun assert_eq<T: drop>(t1: T, t2: T) {
    std::unit_test::assert_eq!(t1, t2)
}

/// Aborts unless both references show equal values.
public fun assert_ref_eq<T>(t1: &T, t2: &T) {
    std::unit_test::assert_ref_eq!(t1, t2)
}

/// Destroys a value of any type.
public fun destroy<T>(x: T) {
    std::unit_test::destroy(x)
}

/// A one-time witness, which else is made only when a package is published.
public native fun create_one_time_witness<T: drop>(): T;
