#[test_only]
/// Tests of many transactions: objects that one leaves behind, the next takes.
module sui::test_scenario;

use sui::transfer::Receiving;
use sui::vec_map::VecMap;

/// The transaction has not been ended by the natives yet. They abort with it.
#[allow(unused_const)]
const ECouldNotGenerateEffects: u64 = 0;
/// Shared or immutable objects can't be wrapped, deleted or sent.
#[allow(unused_const)]
const EInvalidSharedOrImmutableUsage: u64 = 1;
/// The object was not taken from there.
const ECantReturnObject: u64 = 2;
/// There is no such object to take.
const EEmptyInventory: u64 = 3;
/// The object is not there. The natives abort with it.
#[allow(unused_const)]
const EObjectNotFound: u64 = 4;
/// There is no such object to receive. The natives abort with it.
#[allow(unused_const)]
const EUnableToAllocateReceivingTicket: u64 = 5;
/// The ticket was returned. The natives abort with it.
#[allow(unused_const)]
const EReceivingTicketAlreadyAllocated: u64 = 6;
/// The ticket was not handed out. The natives abort with it.
#[allow(unused_const)]
const EUnableToDeallocateReceivingTicket: u64 = 7;

/// A test in progress.
public struct Scenario {
    txn_number: u64,
    ctx: TxContext,
}

/// What a transaction left behind.
public struct TransactionEffects has drop {
    created: vector<ID>,
    written: vector<ID>,
    deleted: vector<ID>,
    transferred_to_account: VecMap<ID, address>,
    transferred_to_object: VecMap<ID, ID>,
    shared: vector<ID>,
    frozen: vector<ID>,
    num_user_events: u64,
}

// === The course of a scenario ===

/// Starts with the sender's first transaction.
public fun begin(sender: address): Scenario {
    Scenario {
        txn_number: 0,
        ctx: tx_context::new_from_hint(sender, 0, 0, 0, 0),
    }
}

/// Ends the transaction and starts one of the sender.
public fun next_tx(scenario: &mut Scenario, sender: address): TransactionEffects {
    let effects = end_transaction();
    scenario.txn_number = scenario.txn_number + 1;
    let (epoch, now) = (scenario.ctx.epoch(), scenario.ctx.epoch_timestamp_ms());
    scenario.ctx = tx_context::new_from_hint(sender, scenario.txn_number, epoch, now, 0);
    effects
}

/// `next_tx` in the next epoch.
public fun next_epoch(scenario: &mut Scenario, sender: address): TransactionEffects {
    scenario.later_epoch(0, sender)
}

/// `next_tx` in the next epoch, which begins some milliseconds later.
public fun later_epoch(
    scenario: &mut Scenario,
    delta_ms: u64,
    sender: address,
): TransactionEffects {
    scenario.ctx.increment_epoch_number();
    scenario.ctx.increment_epoch_timestamp(delta_ms);
    scenario.next_tx(sender)
}

/// `next_tx` in that epoch, not an earlier one.
public fun skip_to_epoch(scenario: &mut Scenario, epoch: u64) {
    while (scenario.ctx.epoch() < epoch) scenario.ctx.increment_epoch_number();
}

/// Ends the last transaction.
public fun end(scenario: Scenario): TransactionEffects {
    let Scenario { txn_number: _, ctx: _ } = scenario;
    end_transaction()
}

/// The transaction's context.
public fun ctx(scenario: &mut Scenario): &mut TxContext {
    &mut scenario.ctx
}

/// The transaction's sender.
public fun sender(scenario: &Scenario): address {
    scenario.ctx.sender()
}

/// The transaction's context, to read.
public fun ctx_immut(scenario: &Scenario): &TxContext {
    &scenario.ctx
}

// === What a transaction left behind ===

/// Objects that it made.
public fun created(effects: &TransactionEffects): vector<ID> { effects.created }

/// Objects that it changed.
public fun written(effects: &TransactionEffects): vector<ID> { effects.written }

/// Objects that it ended.
public fun deleted(effects: &TransactionEffects): vector<ID> { effects.deleted }

/// Objects that it gave to addresses.
public fun transferred_to_account(effects: &TransactionEffects): VecMap<ID, address> {
    effects.transferred_to_account
}

/// Objects that it made children of objects.
public fun transferred_to_object(effects: &TransactionEffects): VecMap<ID, ID> {
    effects.transferred_to_object
}

/// Objects that it shared.
public fun shared(effects: &TransactionEffects): vector<ID> { effects.shared }

/// Objects that it froze.
public fun frozen(effects: &TransactionEffects): vector<ID> { effects.frozen }

/// How many events it emitted.
public fun num_user_events(effects: &TransactionEffects): u64 { effects.num_user_events }

// === Objects of an address ===

/// The newest object of that type that the address has.
public fun take_from_address<T: key>(scenario: &Scenario, account: address): T {
    let id = most_recent_id_for_address<T>(account);
    assert!(id.is_some(), EEmptyInventory);
    take_from_address_by_id(scenario, account, id.destroy_some())
}

/// The object with that id, which the address has.
public native fun take_from_address_by_id<T: key>(scenario: &Scenario, account: address, id: ID): T;

/// Gives back an object that was taken from the address.
public fun return_to_address<T: key>(account: address, t: T) {
    assert!(was_taken_from_address(account, object::id(&t)), ECantReturnObject);
    transfer::transfer_impl(t, account)
}

/// Whether the object was taken from the address in this transaction.
public native fun was_taken_from_address(account: address, id: ID): bool;

/// The newest object of that type that the address has.
public native fun most_recent_id_for_address<T: key>(account: address): Option<ID>;

/// All objects of that type that the address has.
public native fun ids_for_address<T: key>(account: address): vector<ID>;

/// Whether the address has an object of that type.
public fun has_most_recent_for_address<T: key>(account: address): bool {
    most_recent_id_for_address<T>(account).is_some()
}

/// The newest object of that type that the sender has.
public fun take_from_sender<T: key>(scenario: &Scenario): T {
    take_from_address(scenario, scenario.sender())
}

/// The object with that id, which the sender has.
public fun take_from_sender_by_id<T: key>(scenario: &Scenario, id: ID): T {
    take_from_address_by_id(scenario, scenario.sender(), id)
}

/// Gives back an object that was taken from the sender.
public fun return_to_sender<T: key>(scenario: &Scenario, t: T) {
    return_to_address(scenario.sender(), t)
}

/// Whether the object was taken from the sender in this transaction.
public fun was_taken_from_sender(scenario: &Scenario, id: ID): bool {
    was_taken_from_address(scenario.sender(), id)
}

/// The newest object of that type that the sender has.
public fun most_recent_id_for_sender<T: key>(scenario: &Scenario): Option<ID> {
    most_recent_id_for_address<T>(scenario.sender())
}

/// Whether the sender has an object of that type.
public fun has_most_recent_for_sender<T: key>(scenario: &Scenario): bool {
    most_recent_id_for_address<T>(scenario.sender()).is_some()
}

/// All objects of that type that the sender has.
public fun ids_for_sender<T: key>(scenario: &Scenario): vector<ID> {
    ids_for_address<T>(scenario.sender())
}

// === Immutable objects ===

/// The newest immutable object of that type.
public fun take_immutable<T: key>(scenario: &Scenario): T {
    let id = most_recent_immutable_id<T>();
    assert!(id.is_some(), EEmptyInventory);
    take_immutable_by_id(scenario, id.destroy_some())
}

/// The immutable object with that id.
public native fun take_immutable_by_id<T: key>(scenario: &Scenario, id: ID): T;

/// Gives back an immutable object.
public fun return_immutable<T: key>(t: T) {
    assert!(was_taken_immutable(object::id(&t)), ECantReturnObject);
    transfer::freeze_object_impl(t)
}

/// Whether the immutable object was taken in this transaction.
public native fun was_taken_immutable(id: ID): bool;

/// The newest immutable object of that type.
public native fun most_recent_immutable_id<T: key>(): Option<ID>;

/// Whether there is an immutable object of that type.
public fun has_most_recent_immutable<T: key>(): bool {
    most_recent_immutable_id<T>().is_some()
}

// === Shared objects ===

/// The newest shared object of that type.
public fun take_shared<T: key>(scenario: &Scenario): T {
    let id = most_recent_id_shared<T>();
    assert!(id.is_some(), EEmptyInventory);
    take_shared_by_id(scenario, id.destroy_some())
}

/// The shared object with that id.
public native fun take_shared_by_id<T: key>(scenario: &Scenario, id: ID): T;

/// Gives back a shared object.
public fun return_shared<T: key>(t: T) {
    assert!(was_taken_shared(object::id(&t)), ECantReturnObject);
    transfer::share_object_impl(t)
}

/// Whether the shared object was taken in this transaction.
public native fun was_taken_shared(id: ID): bool;

/// The newest shared object of that type.
public native fun most_recent_id_shared<T: key>(): Option<ID>;

/// Whether there is a shared object of that type.
public fun has_most_recent_shared<T: key>(): bool {
    most_recent_id_shared<T>().is_some()
}

/// Lets `f` use the newest shared object of that type and gives it back.
public macro fun with_shared<$T: key>($scenario: &mut Scenario, $f: |&mut $T, &mut Scenario|) {
    let s = $scenario;
    let mut t = s.take_shared<$T>();
    $f(&mut t, s);
    return_shared(t);
}

/// Lets `f` use the shared object with that id and gives it back.
public macro fun with_shared_by_id<$T: key>(
    $scenario: &mut Scenario,
    $id: ID,
    $f: |&mut $T, &mut Scenario|,
) {
    let s = $scenario;
    let mut t = s.take_shared_by_id<$T>($id);
    $f(&mut t, s);
    return_shared(t);
}

// === Objects sent to objects ===

/// A ticket for the newest object of that type that the object was sent.
public fun most_recent_receiving_ticket<T: key>(object_id: &ID): Receiving<T> {
    let id = most_recent_id_for_address<T>(object_id.to_address());
    assert!(id.is_some(), EEmptyInventory);
    receiving_ticket_by_id(id.destroy_some())
}

/// A ticket for the object with that id.
public fun receiving_ticket_by_id<T: key>(object_id: ID): Receiving<T> {
    let version = allocate_receiving_ticket_for_object<T>(object_id);
    transfer::make_receiver(object_id, version)
}

/// Gives back a ticket that was not used.
public fun return_receiving_ticket<T: key>(ticket: Receiving<T>) {
    deallocate_receiving_ticket_for_object(ticket.receiving_object_id())
}

/// An identity, for tests that need no more of an object.
public fun new_object(scenario: &mut Scenario): UID {
    object::new(&mut scenario.ctx)
}

native fun allocate_receiving_ticket_for_object<T: key>(id: ID): u64;
native fun deallocate_receiving_ticket_for_object(id: ID);
native fun end_transaction(): TransactionEffects;
