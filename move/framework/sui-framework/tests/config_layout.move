// The native under 0x2::config, which no contract of ours uses: the module is
// not part of our framework, but the test runner has the native.

#[test_only]
module sui::config;

use sui::dynamic_field as df;

/// What the native reads: the layout of the real module's types.
public struct Config has key { id: UID }
public struct Setting<Value: copy + drop + store> has drop, store { data: Option<SettingData<Value>> }
public struct SettingData<Value: copy + drop + store> has drop, store {
    newer_value_epoch: u64,
    newer_value: Option<Value>,
    older_value_opt: Option<Value>,
}

public fun share(ctx: &mut TxContext): ID {
    let c = Config { id: object::new(ctx) };
    let id = object::id(&c);
    transfer::share_object(c);
    id
}

public fun set<V: copy + drop + store>(c: &mut Config, name: u64, epoch: u64, newer: Option<V>, older: Option<V>) {
    clear<V>(c, name);
    let data = option::some(SettingData { newer_value_epoch: epoch, newer_value: newer, older_value_opt: older });
    df::add(&mut c.id, name, Setting { data });
}

public fun set_nothing<V: copy + drop + store>(c: &mut Config, name: u64) {
    clear<V>(c, name);
    df::add(&mut c.id, name, Setting<V> { data: option::none() });
}

fun clear<V: copy + drop + store>(c: &mut Config, name: u64) {
    if (df::exists_(&c.id, name)) { let _: Setting<V> = df::remove(&mut c.id, name); };
}

public fun read<V: copy + drop + store>(config: ID, name: u64, epoch: u64): Option<V> {
    let parent = config.to_address();
    read_setting_impl<df::Field<u64, Setting<V>>, Setting<V>, SettingData<V>, V>(
        parent,
        df::hash_type_and_key(parent, name),
        epoch,
    )
}

native fun read_setting_impl<
    FieldSettingValue: key,
    SettingValue: store,
    SettingDataValue: store,
    Value: copy + drop + store,
>(config: address, name: address, current_epoch: u64): Option<Value>;
