/// A currency, for tests.
module penny::penny;

use sui::coin;
use sui::url;

public struct PENNY has drop {}

fun init(witness: PENNY, ctx: &mut TxContext) {
    let (mut cap, metadata) = coin::create_currency(
        witness,
        2,
        b"PNY",
        b"Penny",
        b"A hundredth",
        option::some(url::new_unsafe_from_bytes(b"https://example.com/penny.png")),
        ctx,
    );
    coin::mint_and_transfer(&mut cap, 1234, ctx.sender(), ctx);
    transfer::public_freeze_object(metadata);
    transfer::public_transfer(cap, ctx.sender());
}
