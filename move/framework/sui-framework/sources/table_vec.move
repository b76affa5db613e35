/// A vector of any size whose elements are dynamic fields.
module sui::table_vec;

use sui::table::{Self, Table};

/// An index is past the end.
const EIndexOutOfBound: u64 = 0;
/// Only an empty vector can be destroyed.
const ETableNonEmpty: u64 = 1;

/// Elements by their place.
public struct TableVec<phantom Element: store> has store {
    contents: Table<u64, Element>,
}

/// A vector with nothing in it.
public fun empty<Element: store>(ctx: &mut TxContext): TableVec<Element> {
    TableVec { contents: table::new(ctx) }
}

/// A vector of one element.
public fun singleton<Element: store>(e: Element, ctx: &mut TxContext): TableVec<Element> {
    let mut t = empty(ctx);
    t.push_back(e);
    t
}

/// The number of elements.
public fun length<Element: store>(t: &TableVec<Element>): u64 {
    t.contents.length()
}

/// Whether there are no elements.
public fun is_empty<Element: store>(t: &TableVec<Element>): bool {
    t.length() == 0
}

/// The `i`-th element, as `t[i]`.
#[syntax(index)]
public fun borrow<Element: store>(t: &TableVec<Element>, i: u64): &Element {
    assert!(i < t.length(), EIndexOutOfBound);
    &t.contents[i]
}

/// Adds an element at the end.
public fun push_back<Element: store>(t: &mut TableVec<Element>, e: Element) {
    let i = t.length();
    t.contents.add(i, e)
}

/// The `i`-th element, as `&mut t[i]`.
#[syntax(index)]
public fun borrow_mut<Element: store>(t: &mut TableVec<Element>, i: u64): &mut Element {
    assert!(i < t.length(), EIndexOutOfBound);
    &mut t.contents[i]
}

/// Takes the last element off.
public fun pop_back<Element: store>(t: &mut TableVec<Element>): Element {
    let n = t.length();
    assert!(n > 0, EIndexOutOfBound);
    t.contents.remove(n - 1)
}

/// Destroys a vector that must be empty.
public fun destroy_empty<Element: store>(t: TableVec<Element>) {
    assert!(t.is_empty(), ETableNonEmpty);
    let TableVec { contents } = t;
    contents.destroy_empty()
}

/// Destroys a vector; its elements stay in storage, out of reach.
public fun drop<Element: drop + store>(t: TableVec<Element>) {
    let TableVec { contents } = t;
    contents.drop()
}

/// Exchanges two elements.
public fun swap<Element: store>(t: &mut TableVec<Element>, i: u64, j: u64) {
    let n = t.length();
    assert!(i < n && j < n, EIndexOutOfBound);
    if (i == j) return;
    let a = t.contents.remove(i);
    let b = t.contents.remove(j);
    t.contents.add(j, a);
    t.contents.add(i, b)
}

/// Removes the `i`-th element and puts the last one in its place.
public fun swap_remove<Element: store>(t: &mut TableVec<Element>, i: u64): Element {
    let n = t.length();
    assert!(i < n, EIndexOutOfBound);
    t.swap(i, n - 1);
    t.pop_back()
}
