/// Growable sequences. The natives are bytecode instructions; the rest is
/// written with them. Indexes count from 0.
#[defines_primitive(vector)]
module std::vector;

public use fun std::string::utf8 as vector.to_string;
public use fun std::string::try_utf8 as vector.try_to_string;
public use fun std::ascii::string as vector.to_ascii_string;
public use fun std::ascii::try_string as vector.try_to_ascii_string;

/// An index is past the end.
const EINDEX_OUT_OF_BOUNDS: u64 = 0x20000;

/// A vector with nothing in it.
#[bytecode_instruction]
public native fun empty<Element>(): vector<Element>;

/// The number of elements.
#[bytecode_instruction]
public native fun length<Element>(v: &vector<Element>): u64;

/// The `i`-th element, as `v[i]`.
#[syntax(index)]
#[bytecode_instruction]
public native fun borrow<Element>(v: &vector<Element>, i: u64): &Element;

/// Adds an element at the end.
#[bytecode_instruction]
public native fun push_back<Element>(v: &mut vector<Element>, e: Element);

/// The `i`-th element, as `&mut v[i]`.
#[syntax(index)]
#[bytecode_instruction]
public native fun borrow_mut<Element>(v: &mut vector<Element>, i: u64): &mut Element;

/// Takes the last element off.
#[bytecode_instruction]
public native fun pop_back<Element>(v: &mut vector<Element>): Element;

/// Destroys a vector that must be empty.
#[bytecode_instruction]
public native fun destroy_empty<Element>(v: vector<Element>);

/// Exchanges two elements.
#[bytecode_instruction]
public native fun swap<Element>(v: &mut vector<Element>, i: u64, j: u64);

/// A vector of one element.
public fun singleton<Element>(e: Element): vector<Element> {
    let mut v = empty();
    v.push_back(e);
    v
}

/// Turns the order around.
public fun reverse<Element>(v: &mut vector<Element>) {
    let len = v.length();
    let mut i = 0;
    while (i < len / 2) {
        v.swap(i, len - 1 - i);
        i = i + 1;
    }
}

/// Moves all elements of `other` to the end of `lhs`, in order.
public fun append<Element>(lhs: &mut vector<Element>, mut other: vector<Element>) {
    other.reverse();
    while (!other.is_empty()) lhs.push_back(other.pop_back());
    other.destroy_empty();
}

/// Whether there are no elements.
public fun is_empty<Element>(v: &vector<Element>): bool {
    v.length() == 0
}

/// Whether an element equals `e`.
public fun contains<Element>(v: &vector<Element>, e: &Element): bool {
    let (found, _) = v.index_of(e);
    found
}

/// The first place of an element that equals `e`, else `(false, 0)`.
public fun index_of<Element>(v: &vector<Element>, e: &Element): (bool, u64) {
    let len = v.length();
    let mut i = 0;
    while (i < len) {
        if (v.borrow(i) == e) return (true, i);
        i = i + 1;
    };
    (false, 0)
}

/// Removes the `i`-th element; those behind it move up.
public fun remove<Element>(v: &mut vector<Element>, mut i: u64): Element {
    let len = v.length();
    assert!(i < len, EINDEX_OUT_OF_BOUNDS);
    while (i + 1 < len) {
        v.swap(i, i + 1);
        i = i + 1;
    };
    v.pop_back()
}

/// Puts `e` at place `i`, at most the length; those from there on move down.
public fun insert<Element>(v: &mut vector<Element>, e: Element, i: u64) {
    let len = v.length();
    assert!(i <= len, EINDEX_OUT_OF_BOUNDS);
    v.push_back(e);
    let mut j = len;
    while (j > i) {
        v.swap(j - 1, j);
        j = j - 1;
    }
}

/// Removes the `i`-th element and puts the last one in its place.
public fun swap_remove<Element>(v: &mut vector<Element>, i: u64): Element {
    assert!(!v.is_empty(), EINDEX_OUT_OF_BOUNDS);
    let last = v.length() - 1;
    v.swap(i, last);
    v.pop_back()
}

/// The vectors joined into one.
public fun flatten<T>(v: vector<vector<T>>): vector<T> {
    let mut out = vector[];
    v.do!(|part| out.append(part));
    out
}

/// The first `n` elements. Aborts if there are fewer.
public fun take<T: drop>(v: vector<T>, n: u64): vector<T> {
    assert!(n <= v.length(), EINDEX_OUT_OF_BOUNDS);
    let mut kept = v;
    while (kept.length() > n) { kept.pop_back(); };
    kept
}

/// All but the first `n` elements; nothing if there are no more than `n`.
public fun skip<T: drop>(v: vector<T>, n: u64): vector<T> {
    let mut rest = v;
    let len = rest.length();
    let mut kept = vector[];
    let mut i = n;
    while (i < len) {
        kept.push_back(rest.pop_back());
        i = i + 1;
    };
    kept.reverse();
    kept
}

/// `vector[f(0), …, f(n-1)]`.
public macro fun tabulate<$T>($n: u64, $f: |u64| -> $T): vector<$T> {
    let n = $n;
    let mut v = vector[];
    let mut i = 0;
    while (i < n) {
        v.push_back($f(i));
        i = i + 1;
    };
    v
}

/// Gives each element to `f`, from the first to the last.
public macro fun do<$T, $R: drop>($v: vector<$T>, $f: |$T| -> $R) {
    let mut v = $v;
    v.reverse();
    let mut left = v.length();
    while (left > 0) {
        $f(v.pop_back());
        left = left - 1;
    };
    v.destroy_empty();
}

/// `do!` for elements that need to be taken apart.
public macro fun destroy<$T, $R: drop>($v: vector<$T>, $f: |$T| -> $R) {
    let v = $v;
    v.do!($f)
}

/// Shows each element to `f`.
public macro fun do_ref<$T, $R: drop>($v: &vector<$T>, $f: |&$T| -> $R) {
    let v = $v;
    let n = v.length();
    let mut i = 0;
    while (i < n) {
        $f(v.borrow(i));
        i = i + 1;
    }
}

/// Lets `f` change each element.
public macro fun do_mut<$T, $R: drop>($v: &mut vector<$T>, $f: |&mut $T| -> $R) {
    let v = $v;
    let n = v.length();
    let mut i = 0;
    while (i < n) {
        $f(v.borrow_mut(i));
        i = i + 1;
    }
}

/// The results of `f` on each element.
public macro fun map<$T, $U>($v: vector<$T>, $f: |$T| -> $U): vector<$U> {
    let mut out = vector[];
    let v = $v;
    v.do!(|e| out.push_back($f(e)));
    out
}

/// The results of `f` on a reference to each element.
public macro fun map_ref<$T, $U>($v: &vector<$T>, $f: |&$T| -> $U): vector<$U> {
    let mut out = vector[];
    let v = $v;
    v.do_ref!(|e| out.push_back($f(e)));
    out
}

/// The elements that `f` accepts.
public macro fun filter<$T: drop>($v: vector<$T>, $f: |&$T| -> bool): vector<$T> {
    let mut out = vector[];
    let v = $v;
    v.do!(|e| if ($f(&e)) out.push_back(e));
    out
}

/// The elements that `f` accepts, and the others.
public macro fun partition<$T>($v: vector<$T>, $f: |&$T| -> bool): (vector<$T>, vector<$T>) {
    let mut yes = vector[];
    let mut no = vector[];
    let v = $v;
    v.do!(|e| if ($f(&e)) yes.push_back(e) else no.push_back(e));
    (yes, no)
}

/// The place of the first element that `f` accepts.
public macro fun find_index<$T>($v: &vector<$T>, $f: |&$T| -> bool): Option<u64> {
    let v = $v;
    let n = v.length();
    let mut i = 0;
    let mut found = option::none();
    while (i < n) {
        if ($f(v.borrow(i))) {
            found = option::some(i);
            break
        };
        i = i + 1;
    };
    found
}

/// The places of all elements that `f` accepts.
public macro fun find_indices<$T>($v: &vector<$T>, $f: |&$T| -> bool): vector<u64> {
    let v = $v;
    let n = v.length();
    let mut i = 0;
    let mut found = vector[];
    while (i < n) {
        if ($f(v.borrow(i))) found.push_back(i);
        i = i + 1;
    };
    found
}

/// How many elements `f` accepts.
public macro fun count<$T>($v: &vector<$T>, $f: |&$T| -> bool): u64 {
    let mut n = 0;
    let v = $v;
    v.do_ref!(|e| if ($f(e)) n = n + 1);
    n
}

/// Joins all elements from the first to the last: `acc = f(acc, e)`.
public macro fun fold<$T, $Acc>($v: vector<$T>, $init: $Acc, $f: |$Acc, $T| -> $Acc): $Acc {
    let mut acc = $init;
    let v = $v;
    v.do!(|e| acc = $f(acc, e));
    acc
}

/// Whether `f` accepts some element.
public macro fun any<$T>($v: &vector<$T>, $f: |&$T| -> bool): bool {
    let v = $v;
    let n = v.length();
    let mut i = 0;
    let mut found = false;
    while (i < n && !found) {
        found = $f(v.borrow(i));
        i = i + 1;
    };
    found
}

/// Whether `f` accepts every element.
public macro fun all<$T>($v: &vector<$T>, $f: |&$T| -> bool): bool {
    let v = $v;
    !v.any!(|e| !$f(e))
}

/// Gives `f` the elements of two vectors of equal length, pair by pair.
public macro fun zip_do<$T1, $T2, $R: drop>(
    $v1: vector<$T1>,
    $v2: vector<$T2>,
    $f: |$T1, $T2| -> $R,
) {
    let v1 = $v1;
    let mut v2 = $v2;
    assert!(v1.length() == v2.length());
    v2.reverse();
    v1.do!(|e1| $f(e1, v2.pop_back()));
    v2.destroy_empty();
}

/// `zip_do!` from the last pair to the first.
public macro fun zip_do_reverse<$T1, $T2, $R: drop>(
    $v1: vector<$T1>,
    $v2: vector<$T2>,
    $f: |$T1, $T2| -> $R,
) {
    let mut v1 = $v1;
    let mut v2 = $v2;
    assert!(v1.length() == v2.length());
    while (!v1.is_empty()) $f(v1.pop_back(), v2.pop_back());
    v1.destroy_empty();
    v2.destroy_empty();
}

/// `zip_do!` on references.
public macro fun zip_do_ref<$T1, $T2, $R: drop>(
    $v1: &vector<$T1>,
    $v2: &vector<$T2>,
    $f: |&$T1, &$T2| -> $R,
) {
    let v1 = $v1;
    let v2 = $v2;
    let n = v1.length();
    assert!(n == v2.length());
    let mut i = 0;
    while (i < n) {
        $f(v1.borrow(i), v2.borrow(i));
        i = i + 1;
    }
}

/// `zip_do!` on mutable references.
public macro fun zip_do_mut<$T1, $T2, $R: drop>(
    $v1: &mut vector<$T1>,
    $v2: &mut vector<$T2>,
    $f: |&mut $T1, &mut $T2| -> $R,
) {
    let v1 = $v1;
    let v2 = $v2;
    let n = v1.length();
    assert!(n == v2.length());
    let mut i = 0;
    while (i < n) {
        $f(v1.borrow_mut(i), v2.borrow_mut(i));
        i = i + 1;
    }
}

/// The results of `f` on each pair of elements.
public macro fun zip_map<$T1, $T2, $U>(
    $v1: vector<$T1>,
    $v2: vector<$T2>,
    $f: |$T1, $T2| -> $U,
): vector<$U> {
    let mut out = vector[];
    let v1 = $v1;
    v1.zip_do!($v2, |e1, e2| out.push_back($f(e1, e2)));
    out
}

/// The results of `f` on references to each pair of elements.
public macro fun zip_map_ref<$T1, $T2, $U>(
    $v1: &vector<$T1>,
    $v2: &vector<$T2>,
    $f: |&$T1, &$T2| -> $U,
): vector<$U> {
    let mut out = vector[];
    let v1 = $v1;
    v1.zip_do_ref!($v2, |e1, e2| out.push_back($f(e1, e2)));
    out
}

/// Sorts in place and keeps the order of equals; quadratic, good for few
/// elements. `le(a, b)` says whether `a` may stand before `b`.
public macro fun insertion_sort_by<$T>($v: &mut vector<$T>, $le: |&$T, &$T| -> bool) {
    let v = $v;
    let n = v.length();
    let mut i = 1;
    while (i < n) {
        let mut j = i;
        while (j > 0 && !$le(v.borrow(j - 1), v.borrow(j))) {
            v.swap(j - 1, j);
            j = j - 1;
        };
        i = i + 1;
    }
}

/// Sorts and keeps the order of equals; good for many elements.
public macro fun merge_sort_by<$T: drop>($v: &mut vector<$T>, $le: |&$T, &$T| -> bool) {
    let v = $v;
    let n = v.length();
    let mut width = 1;
    while (width < n) {
        // Merge neighbouring runs of `width` elements, taken from the front of
        // the reversed vector.
        let mut merged = vector[];
        v.reverse();
        while (!v.is_empty()) {
            let mut a = vector[];
            while (a.length() < width && !v.is_empty()) a.push_back(v.pop_back());
            let mut b = vector[];
            while (b.length() < width && !v.is_empty()) b.push_back(v.pop_back());
            a.reverse();
            b.reverse();
            while (!a.is_empty() && !b.is_empty()) {
                if ($le(a.borrow(a.length() - 1), b.borrow(b.length() - 1))) {
                    merged.push_back(a.pop_back());
                } else {
                    merged.push_back(b.pop_back());
                }
            };
            while (!a.is_empty()) merged.push_back(a.pop_back());
            while (!b.is_empty()) merged.push_back(b.pop_back());
            a.destroy_empty();
            b.destroy_empty();
        };
        v.append(merged);
        width = width * 2;
    }
}

/// Whether each element may stand before the next.
public macro fun is_sorted_by<$T>($v: &vector<$T>, $le: |&$T, &$T| -> bool): bool {
    let v = $v;
    let n = v.length();
    let mut sorted = true;
    let mut i = 1;
    while (i < n && sorted) {
        sorted = $le(v.borrow(i - 1), v.borrow(i));
        i = i + 1;
    };
    sorted
}

/// The elements before the first that `p` refuses.
public macro fun take_while<$T: drop>($v: vector<$T>, $p: |&$T| -> bool): vector<$T> {
    let v = $v;
    let n = v.find_index!(|e| !$p(e)).destroy_with_default(v.length());
    v.take(n)
}

/// The elements from the first that `p` refuses.
public macro fun skip_while<$T: drop>($v: vector<$T>, $p: |&$T| -> bool): vector<$T> {
    let v = $v;
    let n = v.find_index!(|e| !$p(e)).destroy_with_default(v.length());
    v.skip(n)
}
