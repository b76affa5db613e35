/// What the test runner looks for, and help for tests.
#[test_only]
module std::unit_test;

/// Marks modules that were compiled for tests, so that they can't be published.
public native fun poison();

/// Destroys a value of any type.
public native fun destroy<T>(v: T);

/// Aborts, with both values printed, unless they are equal.
public macro fun assert_eq<$T: drop>($t1: $T, $t2: $T) {
    let t1 = $t1;
    let t2 = $t2;
    let (r1, r2) = (&t1, &t2);
    if (r1 != r2) {
        std::debug::print(r1);
        std::debug::print(r2);
        abort
    }
}

/// Aborts unless both references show equal values.
public macro fun assert_ref_eq<$T>($t1: &$T, $t2: &$T) {
    let t1 = $t1;
    let t2 = $t2;
    if (t1 != t2) abort
}
