/// A value whose type can change with the package that owns it.
module sui::versioned;

use sui::dynamic_field;

/// The upgrade is of another value, or to no higher version.
const EInvalidUpgrade: u64 = 0;

/// Holds a value in a dynamic field named by the version.
public struct Versioned has key, store {
    id: UID,
    version: u64,
}

/// Shows that the old value was taken out and a new one must come in.
public struct VersionChangeCap {
    versioned_id: ID,
    old_version: u64,
}

/// Holds a value.
public fun create<T: store>(init_version: u64, init_value: T, ctx: &mut TxContext): Versioned {
    let mut self = Versioned { id: object::new(ctx), version: init_version };
    dynamic_field::add(&mut self.id, init_version, init_value);
    self
}

/// The value's version.
public fun version(self: &Versioned): u64 {
    self.version
}

/// The value. Aborts if it is of another type.
public fun load_value<T: store>(self: &Versioned): &T {
    dynamic_field::borrow(&self.id, self.version)
}

/// The value, to change. Aborts if it is of another type.
public fun load_value_mut<T: store>(self: &mut Versioned): &mut T {
    dynamic_field::borrow_mut(&mut self.id, self.version)
}

/// Takes the value out, to put one of a higher version in.
public fun remove_value_for_upgrade<T: store>(self: &mut Versioned): (T, VersionChangeCap) {
    let cap = VersionChangeCap { versioned_id: object::id(self), old_version: self.version };
    (dynamic_field::remove(&mut self.id, self.version), cap)
}

/// Puts the value of a higher version in.
public fun upgrade<T: store>(
    self: &mut Versioned,
    new_version: u64,
    new_value: T,
    cap: VersionChangeCap,
) {
    let VersionChangeCap { versioned_id, old_version } = cap;
    assert!(versioned_id == object::id(self) && old_version < new_version, EInvalidUpgrade);
    dynamic_field::add(&mut self.id, new_version, new_value);
    self.version = new_version
}

/// Takes the value out for good.
public fun destroy<T: store>(self: Versioned): T {
    let Versioned { mut id, version } = self;
    let value = dynamic_field::remove(&mut id, version);
    id.delete();
    value
}
