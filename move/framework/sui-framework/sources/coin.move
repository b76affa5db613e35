/// Coins: amounts of a currency as objects that addresses own.
#[allow(lint(public_entry))] // as on chain
module sui::coin;

use std::ascii;
use std::string::{Self, String};
use sui::balance::{Self, Balance, Supply};
use sui::types;
use sui::url::{Self, Url};

/// The witness of a new currency is no one-time witness.
const EBadWitness: u64 = 0;
/// The number is 0 or larger than the coin.
const EInvalidArg: u64 = 1;
/// The coin is smaller than the amount. `sui::balance` aborts with its own.
#[allow(unused_const)]
const ENotEnough: u64 = 2;

/// An amount that an address owns.
public struct Coin<phantom T> has key, store {
    id: UID,
    balance: Balance<T>,
}

/// What wallets show of a currency.
public struct CoinMetadata<phantom T> has key, store {
    id: UID,
    /// Digits behind the point: 9 for SUI, whose unit is MIST.
    decimals: u8,
    name: String,
    symbol: ascii::String,
    description: String,
    icon_url: Option<Url>,
}

/// The right to make and destroy coins of a currency.
public struct TreasuryCap<phantom T> has key, store {
    id: UID,
    total_supply: Supply<T>,
}

// === Supply ===

/// How much of the currency there is.
public fun total_supply<T>(cap: &TreasuryCap<T>): u64 {
    cap.total_supply.supply_value()
}

/// Takes the supply out; the cap is gone.
public fun treasury_into_supply<T>(treasury: TreasuryCap<T>): Supply<T> {
    let TreasuryCap { id, total_supply } = treasury;
    id.delete();
    total_supply
}

/// The supply.
public fun supply_immut<T>(treasury: &TreasuryCap<T>): &Supply<T> {
    &treasury.total_supply
}

/// The supply, to change.
public fun supply_mut<T>(treasury: &mut TreasuryCap<T>): &mut Supply<T> {
    &mut treasury.total_supply
}

/// Older form of `supply_immut`.
public fun supply<T>(treasury: &mut TreasuryCap<T>): &Supply<T> {
    &treasury.total_supply
}

// === Amounts ===

/// The amount as number.
public fun value<T>(self: &Coin<T>): u64 {
    self.balance.value()
}

/// The amount.
public fun balance<T>(coin: &Coin<T>): &Balance<T> {
    &coin.balance
}

/// The amount, to change.
public fun balance_mut<T>(coin: &mut Coin<T>): &mut Balance<T> {
    &mut coin.balance
}

/// An amount as coin.
public fun from_balance<T>(balance: Balance<T>, ctx: &mut TxContext): Coin<T> {
    Coin { id: object::new(ctx), balance }
}

/// The amount of a coin; the coin is gone.
public fun into_balance<T>(coin: Coin<T>): Balance<T> {
    let Coin { id, balance } = coin;
    id.delete();
    balance
}

/// Takes a part of an amount as coin.
public fun take<T>(balance: &mut Balance<T>, value: u64, ctx: &mut TxContext): Coin<T> {
    from_balance(balance.split(value), ctx)
}

/// Puts a coin into an amount.
public fun put<T>(balance: &mut Balance<T>, coin: Coin<T>) {
    balance.join(into_balance(coin));
}

/// Puts another coin into this one.
public entry fun join<T>(self: &mut Coin<T>, c: Coin<T>) {
    self.balance.join(c.into_balance());
}

/// Takes a part as coin of its own.
public fun split<T>(self: &mut Coin<T>, split_amount: u64, ctx: &mut TxContext): Coin<T> {
    take(&mut self.balance, split_amount, ctx)
}

/// Takes `n - 1` equal parts; what is left, with the rest, stays.
public fun divide_into_n<T>(self: &mut Coin<T>, n: u64, ctx: &mut TxContext): vector<Coin<T>> {
    assert!(n > 0 && n <= self.value(), EInvalidArg);
    let part = self.value() / n;
    vector::tabulate!(n - 1, |_| self.split(part, ctx))
}

/// A coin of nothing.
public fun zero<T>(ctx: &mut TxContext): Coin<T> {
    from_balance(balance::zero(), ctx)
}

/// Destroys a coin that must be of nothing.
public fun destroy_zero<T>(c: Coin<T>) {
    c.into_balance().destroy_zero()
}

// === Currencies ===

/// Starts a currency. The witness is the module's one-time witness, so it can
/// be done once, when the package is published.
public fun create_currency<T: drop>(
    witness: T,
    decimals: u8,
    symbol: vector<u8>,
    name: vector<u8>,
    description: vector<u8>,
    icon_url: Option<Url>,
    ctx: &mut TxContext,
): (TreasuryCap<T>, CoinMetadata<T>) {
    assert!(types::is_one_time_witness(&witness), EBadWitness);
    let cap = TreasuryCap { id: object::new(ctx), total_supply: balance::create_supply(witness) };
    let metadata = CoinMetadata {
        id: object::new(ctx),
        decimals,
        name: string::utf8(name),
        symbol: ascii::string(symbol),
        description: string::utf8(description),
        icon_url,
    };
    (cap, metadata)
}

/// Makes a coin.
public fun mint<T>(cap: &mut TreasuryCap<T>, value: u64, ctx: &mut TxContext): Coin<T> {
    from_balance(cap.mint_balance(value), ctx)
}

/// Makes an amount.
public fun mint_balance<T>(cap: &mut TreasuryCap<T>, value: u64): Balance<T> {
    cap.total_supply.increase_supply(value)
}

/// Destroys a coin and returns how much it was.
public entry fun burn<T>(cap: &mut TreasuryCap<T>, c: Coin<T>): u64 {
    cap.total_supply.decrease_supply(c.into_balance())
}

/// Makes a coin and gives it to an address.
public entry fun mint_and_transfer<T>(
    c: &mut TreasuryCap<T>,
    amount: u64,
    recipient: address,
    ctx: &mut TxContext,
) {
    transfer::public_transfer(c.mint(amount, ctx), recipient)
}

// === What wallets show ===

/// Sets the currency's name.
public entry fun update_name<T>(
    _treasury: &TreasuryCap<T>,
    metadata: &mut CoinMetadata<T>,
    name: String,
) {
    metadata.name = name
}

/// Sets the currency's symbol.
public entry fun update_symbol<T>(
    _treasury: &TreasuryCap<T>,
    metadata: &mut CoinMetadata<T>,
    symbol: ascii::String,
) {
    metadata.symbol = symbol
}

/// Sets the currency's description.
public entry fun update_description<T>(
    _treasury: &TreasuryCap<T>,
    metadata: &mut CoinMetadata<T>,
    description: String,
) {
    metadata.description = description
}

/// Sets the address of the currency's icon.
public entry fun update_icon_url<T>(
    _treasury: &TreasuryCap<T>,
    metadata: &mut CoinMetadata<T>,
    url: ascii::String,
) {
    metadata.icon_url = option::some(url::new_unsafe(url))
}

/// Digits behind the point.
public fun get_decimals<T>(metadata: &CoinMetadata<T>): u8 {
    metadata.decimals
}

/// The currency's name.
public fun get_name<T>(metadata: &CoinMetadata<T>): String {
    metadata.name
}

/// The currency's symbol.
public fun get_symbol<T>(metadata: &CoinMetadata<T>): ascii::String {
    metadata.symbol
}

/// The currency's description.
public fun get_description<T>(metadata: &CoinMetadata<T>): String {
    metadata.description
}

/// The address of the currency's icon.
public fun get_icon_url<T>(metadata: &CoinMetadata<T>): Option<Url> {
    metadata.icon_url
}

// === Tests only ===

#[test_only]
/// A coin out of nothing.
public fun mint_for_testing<T>(value: u64, ctx: &mut TxContext): Coin<T> {
    Coin { id: object::new(ctx), balance: balance::create_for_testing(value) }
}

#[test_only]
/// Destroys a coin and returns how much it was.
public fun burn_for_testing<T>(coin: Coin<T>): u64 {
    coin.into_balance().destroy_for_testing()
}

#[test_only]
/// The right to make coins of any currency.
public fun create_treasury_cap_for_testing<T>(ctx: &mut TxContext): TreasuryCap<T> {
    TreasuryCap { id: object::new(ctx), total_supply: balance::create_supply_for_testing() }
}
