/// A table whose values are objects that keep their own ids.
module sui::object_table;

use sui::dynamic_object_field as ofield;

/// Only an empty table can be destroyed.
const ETableNotEmpty: u64 = 0;

/// Keys to objects.
public struct ObjectTable<phantom K: copy + drop + store, phantom V: key + store> has key, store {
    id: UID,
    size: u64,
}

/// An empty table.
public fun new<K: copy + drop + store, V: key + store>(ctx: &mut TxContext): ObjectTable<K, V> {
    ObjectTable { id: object::new(ctx), size: 0 }
}

/// Adds an entry. Aborts if there is one of that key.
public fun add<K: copy + drop + store, V: key + store>(
    table: &mut ObjectTable<K, V>,
    k: K,
    v: V,
) {
    ofield::add(&mut table.id, k, v);
    table.size = table.size + 1
}

/// The object of a key, as `table[k]`. Aborts if there is none.
#[syntax(index)]
public fun borrow<K: copy + drop + store, V: key + store>(table: &ObjectTable<K, V>, k: K): &V {
    ofield::borrow(&table.id, k)
}

/// The object of a key, as `&mut table[k]`. Aborts if there is none.
#[syntax(index)]
public fun borrow_mut<K: copy + drop + store, V: key + store>(
    table: &mut ObjectTable<K, V>,
    k: K,
): &mut V {
    ofield::borrow_mut(&mut table.id, k)
}

/// Takes an entry out. Aborts if there is none.
public fun remove<K: copy + drop + store, V: key + store>(
    table: &mut ObjectTable<K, V>,
    k: K,
): V {
    let v = ofield::remove(&mut table.id, k);
    table.size = table.size - 1;
    v
}

/// Whether there is an entry of that key.
public fun contains<K: copy + drop + store, V: key + store>(
    table: &ObjectTable<K, V>,
    k: K,
): bool {
    ofield::exists_<K>(&table.id, k)
}

/// The number of entries.
public fun length<K: copy + drop + store, V: key + store>(table: &ObjectTable<K, V>): u64 {
    table.size
}

/// Whether there are no entries.
public fun is_empty<K: copy + drop + store, V: key + store>(table: &ObjectTable<K, V>): bool {
    table.size == 0
}

/// Destroys a table that must be empty.
public fun destroy_empty<K: copy + drop + store, V: key + store>(table: ObjectTable<K, V>) {
    let ObjectTable { id, size } = table;
    assert!(size == 0, ETableNotEmpty);
    id.delete()
}

/// The id of the object of a key, if there is one.
public fun value_id<K: copy + drop + store, V: key + store>(
    table: &ObjectTable<K, V>,
    k: K,
): Option<ID> {
    ofield::id(&table.id, k)
}
