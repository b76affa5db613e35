/// SUI, the currency that pays for gas. Its unit is MIST: 1 SUI is 10^9 MIST.
#[allow(lint(public_entry))] // as on chain
module sui::sui;

use sui::balance::{Self, Balance};
use sui::coin::Coin;

/// The supply was made in another epoch than the first.
const EAlreadyMinted: u64 = 0;
/// The sender is not the system.
const ENotSystemAddress: u64 = 1;

/// 10 billion SUI in MIST.
const TOTAL_SUPPLY_MIST: u64 = 10_000_000_000_000_000_000;

/// The name of the currency.
public struct SUI has drop {}

/// Makes the whole supply at genesis.
#[allow(unused_function, unused_mut_parameter)]
fun new(ctx: &mut TxContext): Balance<SUI> {
    assert!(ctx.sender() == @0x0, ENotSystemAddress);
    assert!(ctx.epoch() == 0, EAlreadyMinted);
    let mut supply = balance::create_supply(SUI {});
    let total = supply.increase_supply(TOTAL_SUPPLY_MIST);
    supply.destroy_supply();
    total
}

/// Gives a coin to an address.
public entry fun transfer(c: Coin<SUI>, recipient: address) {
    transfer::public_transfer(c, recipient)
}
