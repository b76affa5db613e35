/// Amounts of a currency, without the object around them that a coin has.
module sui::balance;

/// Only nothing can be destroyed so.
const ENonZero: u64 = 0;
/// The supply would pass 2^64 - 1.
const EOverflow: u64 = 1;
/// There is less than that.
const ENotEnough: u64 = 2;

/// All that there is of a currency, and the right to make more.
public struct Supply<phantom T> has store {
    value: u64,
}

/// An amount.
public struct Balance<phantom T> has store {
    value: u64,
}

/// The amount as number.
public fun value<T>(self: &Balance<T>): u64 {
    self.value
}

/// How much of the currency there is.
public fun supply_value<T>(supply: &Supply<T>): u64 {
    supply.value
}

/// Starts a currency, with nothing of it. The witness shows the right to.
public fun create_supply<T: drop>(_: T): Supply<T> {
    Supply { value: 0 }
}

/// `create_supply` for the framework's own modules.
public(package) fun create_supply_internal<T>(): Supply<T> {
    Supply { value: 0 }
}

/// Makes an amount.
public fun increase_supply<T>(self: &mut Supply<T>, value: u64): Balance<T> {
    assert!(value <= std::u64::max_value!() - self.value, EOverflow);
    self.value = self.value + value;
    Balance { value }
}

/// Destroys an amount and returns how much it was.
public fun decrease_supply<T>(self: &mut Supply<T>, balance: Balance<T>): u64 {
    let Balance { value } = balance;
    assert!(self.value >= value, EOverflow);
    self.value = self.value - value;
    value
}

/// Nothing.
public fun zero<T>(): Balance<T> {
    Balance { value: 0 }
}

/// Adds an amount and returns the sum.
public fun join<T>(self: &mut Balance<T>, balance: Balance<T>): u64 {
    let Balance { value } = balance;
    self.value = self.value + value;
    self.value
}

/// Takes a part. Aborts if there is less.
public fun split<T>(self: &mut Balance<T>, value: u64): Balance<T> {
    assert!(self.value >= value, ENotEnough);
    self.value = self.value - value;
    Balance { value }
}

/// Takes all.
public fun withdraw_all<T>(self: &mut Balance<T>): Balance<T> {
    let value = self.value;
    self.split(value)
}

/// Destroys an amount that must be nothing.
public fun destroy_zero<T>(balance: Balance<T>) {
    assert!(balance.value == 0, ENonZero);
    let Balance { value: _ } = balance;
}

/// Ends a currency's supply and returns how much of it there was.
#[allow(unused_function)]
public(package) fun destroy_supply<T>(self: Supply<T>): u64 {
    let Supply { value } = self;
    value
}

// === Tests only ===

#[test_only]
/// An amount out of nothing.
public fun create_for_testing<T>(value: u64): Balance<T> {
    Balance { value }
}

#[test_only]
/// Destroys an amount and returns how much it was.
public fun destroy_for_testing<T>(self: Balance<T>): u64 {
    let Balance { value } = self;
    value
}

#[test_only]
/// A supply out of nothing.
public fun create_supply_for_testing<T>(): Supply<T> {
    Supply { value: 0 }
}
