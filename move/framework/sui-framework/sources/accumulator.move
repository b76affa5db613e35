/// Values that many transactions add to and that are settled at the end of a
/// checkpoint. They are dynamic fields of the object 0xacc.
module sui::accumulator;

use sui::dynamic_field;

/// Only the system, address 0x0, does this.
const ENotSystemAddress: u64 = 0;

/// The parent of all accumulated values.
public struct AccumulatorRoot has key {
    id: UID,
}

/// The name of the field that accumulates a `T` for an address.
public struct Key<phantom T> has copy, drop, store {
    address: address,
}

/// Shares the root, once.
#[allow(unused_function)]
fun create(ctx: &TxContext) {
    assert!(ctx.sender() == @0x0, ENotSystemAddress);
    transfer::share_object(AccumulatorRoot { id: object::sui_accumulator_root_object_id() })
}

/// The field's name.
public(package) fun accumulator_key<T>(address: address): Key<T> {
    Key { address }
}

/// The id of the field.
public(package) fun accumulator_address<T>(address: address): address {
    dynamic_field::hash_type_and_key(
        object::sui_accumulator_root_address(),
        accumulator_key<T>(address),
    )
}

/// Whether the field is there and holds a `V`.
public(package) fun root_has_accumulator<K, V: store>(
    accumulator_root: &AccumulatorRoot,
    name: Key<K>,
): bool {
    dynamic_field::exists_with_type<Key<K>, V>(&accumulator_root.id, name)
}

/// Adds the field.
public(package) fun root_add_accumulator<K, V: store>(
    accumulator_root: &mut AccumulatorRoot,
    name: Key<K>,
    value: V,
) {
    dynamic_field::add(&mut accumulator_root.id, name, value)
}

/// The field's value, to change.
public(package) fun root_borrow_accumulator_mut<K, V: store>(
    accumulator_root: &mut AccumulatorRoot,
    name: Key<K>,
): &mut V {
    dynamic_field::borrow_mut(&mut accumulator_root.id, name)
}
