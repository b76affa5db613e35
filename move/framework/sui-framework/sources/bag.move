/// A map of any size whose keys and values can be of any types. Entries are
/// dynamic fields and can't be listed from within Move.
module sui::bag;

use sui::dynamic_field as field;

/// Only an empty bag can be destroyed.
const EBagNotEmpty: u64 = 0;

/// Keys to values.
public struct Bag has key, store {
    id: UID,
    size: u64,
}

/// An empty bag.
public fun new(ctx: &mut TxContext): Bag {
    Bag { id: object::new(ctx), size: 0 }
}

/// Adds an entry. Aborts if there is one of that key.
public fun add<K: copy + drop + store, V: store>(bag: &mut Bag, k: K, v: V) {
    field::add(&mut bag.id, k, v);
    bag.size = bag.size + 1
}

/// The value of a key, as `bag[k]`. Aborts if there is none of that type.
#[syntax(index)]
public fun borrow<K: copy + drop + store, V: store>(bag: &Bag, k: K): &V {
    field::borrow(&bag.id, k)
}

/// The value of a key, as `&mut bag[k]`. Aborts if there is none of that type.
#[syntax(index)]
public fun borrow_mut<K: copy + drop + store, V: store>(bag: &mut Bag, k: K): &mut V {
    field::borrow_mut(&mut bag.id, k)
}

/// Takes an entry out. Aborts if there is none of that type.
public fun remove<K: copy + drop + store, V: store>(bag: &mut Bag, k: K): V {
    let v = field::remove(&mut bag.id, k);
    bag.size = bag.size - 1;
    v
}

/// Whether there is an entry of that key.
public fun contains<K: copy + drop + store>(bag: &Bag, k: K): bool {
    field::exists_(&bag.id, k)
}

/// Whether there is an entry of that key and value type.
public fun contains_with_type<K: copy + drop + store, V: store>(bag: &Bag, k: K): bool {
    field::exists_with_type<K, V>(&bag.id, k)
}

/// The number of entries.
public fun length(bag: &Bag): u64 {
    bag.size
}

/// Whether there are no entries.
public fun is_empty(bag: &Bag): bool {
    bag.size == 0
}

/// Destroys a bag that must be empty.
public fun destroy_empty(bag: Bag) {
    let Bag { id, size } = bag;
    assert!(size == 0, EBagNotEmpty);
    id.delete()
}
