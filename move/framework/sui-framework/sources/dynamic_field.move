/// Fields that are added to an object at run time, by name. Each is an object
/// of its own, `Field`, at an id that is hashed from parent, name and the
/// name's type.
module sui::dynamic_field;

/// The object has a field of that name.
const EFieldAlreadyExists: u64 = 0;
/// The object has no field of that name. The natives abort with it.
#[allow(unused_const)]
const EFieldDoesNotExist: u64 = 1;
/// The field holds another type. The natives abort with it.
#[allow(unused_const)]
const EFieldTypeMismatch: u64 = 2;
/// The name could not be serialised.
#[allow(unused_const)]
const EBCSSerializationFailure: u64 = 3;
/// A shared object can't become a field.
#[allow(unused_const)]
const ESharedObjectOperationNotSupported: u64 = 4;

/// The object that holds a field.
public struct Field<Name: copy + drop + store, Value: store> has key {
    id: UID,
    name: Name,
    value: Value,
}

/// Adds a field. Aborts if there is one of that name and name type.
public fun add<Name: copy + drop + store, Value: store>(object: &mut UID, name: Name, value: Value) {
    let parent = object.to_address();
    let hash = hash_type_and_key(parent, name);
    assert!(!has_child_object(parent, hash), EFieldAlreadyExists);
    let field = Field { id: object::new_uid_from_hash(hash), name, value };
    add_child_object(parent, field)
}

/// The field's value. Aborts if there is none of that name and type.
public fun borrow<Name: copy + drop + store, Value: store>(object: &UID, name: Name): &Value {
    let hash = hash_type_and_key(object.to_address(), name);
    &borrow_child_object<Field<Name, Value>>(object, hash).value
}

/// The field's value, to change.
public fun borrow_mut<Name: copy + drop + store, Value: store>(
    object: &mut UID,
    name: Name,
): &mut Value {
    let hash = hash_type_and_key(object.to_address(), name);
    &mut borrow_child_object_mut<Field<Name, Value>>(object, hash).value
}

/// Takes the field off and returns its value.
public fun remove<Name: copy + drop + store, Value: store>(object: &mut UID, name: Name): Value {
    let parent = object.to_address();
    let hash = hash_type_and_key(parent, name);
    let Field { id, name: _, value } = remove_child_object<Field<Name, Value>>(parent, hash);
    id.delete();
    value
}

/// Whether there is a field of that name, whatever it holds.
public fun exists<Name: copy + drop + store>(object: &UID, name: Name): bool {
    exists_(object, name)
}

/// Older name of `exists`.
public fun exists_<Name: copy + drop + store>(object: &UID, name: Name): bool {
    let parent = object.to_address();
    has_child_object(parent, hash_type_and_key(parent, name))
}

/// Takes the field off, if there is one.
public fun remove_if_exists<Name: copy + drop + store, Value: store>(
    object: &mut UID,
    name: Name,
): Option<Value> {
    if (exists_(object, name)) option::some(remove(object, name)) else option::none()
}

/// Whether there is a field of that name that holds that type.
public fun exists_with_type<Name: copy + drop + store, Value: store>(
    object: &UID,
    name: Name,
): bool {
    let parent = object.to_address();
    has_child_object_with_ty<Field<Name, Value>>(parent, hash_type_and_key(parent, name))
}

/// Newer name of `remove_if_exists`.
public fun remove_opt<Name: copy + drop + store, Value: store>(
    object: &mut UID,
    name: Name,
): Option<Value> {
    remove_if_exists(object, name)
}

/// Sets the field and returns what it held before, if anything.
public fun replace<Name: copy + drop + store, ValueNew: store, ValueOld: store>(
    object: &mut UID,
    name: Name,
    value: ValueNew,
): Option<ValueOld> {
    let old = remove_if_exists(object, name);
    add(object, name, value);
    old
}

/// The identity of the field object, and the address that its value names.
public(package) fun field_info<Name: copy + drop + store>(
    object: &UID,
    name: Name,
): (&UID, address) {
    let hash = hash_type_and_key(object.to_address(), name);
    let Field { id, name: _, value } = borrow_child_object<Field<Name, ID>>(object, hash);
    (id, value.to_address())
}

/// `field_info` that lets the identity be used mutably.
public(package) fun field_info_mut<Name: copy + drop + store>(
    object: &mut UID,
    name: Name,
): (&mut UID, address) {
    let hash = hash_type_and_key(object.to_address(), name);
    let Field { id, name: _, value } = borrow_child_object_mut<Field<Name, ID>>(object, hash);
    (id, value.to_address())
}

public(package) native fun hash_type_and_key<K: copy + drop>(parent: address, k: K): address;
public(package) native fun add_child_object<Child: key>(parent: address, child: Child);
public(package) native fun borrow_child_object<Child: key>(object: &UID, id: address): &Child;
public(package) native fun borrow_child_object_mut<Child: key>(
    object: &mut UID,
    id: address,
): &mut Child;
public(package) native fun remove_child_object<Child: key>(parent: address, id: address): Child;
public(package) native fun has_child_object(parent: address, id: address): bool;
public(package) native fun has_child_object_with_ty<Child: key>(parent: address, id: address): bool;
