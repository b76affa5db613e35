/// Dynamic fields whose values are objects that keep their own ids, so that
/// they can be looked up from outside.
module sui::dynamic_object_field;

use sui::dynamic_field::{
    Self as field,
    add_child_object,
    borrow_child_object,
    borrow_child_object_mut,
    has_child_object_with_ty,
    remove_child_object
};

/// The name of such a field, apart from the names of plain dynamic fields.
public struct Wrapper<Name> has copy, drop, store {
    name: Name,
}

/// Adds a field. Aborts if there is one of that name and name type.
public fun add<Name: copy + drop + store, Value: key + store>(
    object: &mut UID,
    name: Name,
    value: Value,
) {
    internal_add(object, name, value)
}

/// The field's object. Aborts if there is none of that name and type.
public fun borrow<Name: copy + drop + store, Value: key + store>(object: &UID, name: Name): &Value {
    internal_borrow(object, name)
}

/// The field's object, to change.
public fun borrow_mut<Name: copy + drop + store, Value: key + store>(
    object: &mut UID,
    name: Name,
): &mut Value {
    internal_borrow_mut(object, name)
}

/// Takes the field off and returns its object.
public fun remove<Name: copy + drop + store, Value: key + store>(
    object: &mut UID,
    name: Name,
): Value {
    internal_remove(object, name)
}

/// Whether there is a field of that name.
public fun exists<Name: copy + drop + store>(object: &UID, name: Name): bool {
    exists_(object, name)
}

/// Older name of `exists`.
public fun exists_<Name: copy + drop + store>(object: &UID, name: Name): bool {
    field::exists_with_type<Wrapper<Name>, ID>(object, Wrapper { name })
}

/// Whether there is a field of that name that holds that type.
public fun exists_with_type<Name: copy + drop + store, Value: key + store>(
    object: &UID,
    name: Name,
): bool {
    internal_exists_with_type<Name, Value>(object, name)
}

/// Takes the field off, if there is one.
public fun remove_opt<Name: copy + drop + store, Value: key + store>(
    object: &mut UID,
    name: Name,
): Option<Value> {
    if (exists_(object, name)) option::some(remove(object, name)) else option::none()
}

/// Sets the field and returns what it held before, if anything.
public fun replace<Name: copy + drop + store, ValueNew: key + store, ValueOld: key + store>(
    object: &mut UID,
    name: Name,
    value: ValueNew,
): Option<ValueOld> {
    let old = remove_opt(object, name);
    add(object, name, value);
    old
}

/// The id of the field's object, if there is one.
public fun id<Name: copy + drop + store>(object: &UID, name: Name): Option<ID> {
    if (!exists_(object, name)) return option::none();
    let (_, addr) = field::field_info(object, Wrapper { name });
    option::some(addr.to_id())
}

/// `add` for objects without `store`.
public(package) fun internal_add<Name: copy + drop + store, Value: key>(
    object: &mut UID,
    name: Name,
    value: Value,
) {
    let key = Wrapper { name };
    field::add(object, key, object::id(&value));
    let (field, _) = field::field_info(object, key);
    add_child_object(field.to_address(), value)
}

/// `borrow` for objects without `store`.
public(package) fun internal_borrow<Name: copy + drop + store, Value: key>(
    object: &UID,
    name: Name,
): &Value {
    let (field, value) = field::field_info(object, Wrapper { name });
    borrow_child_object(field, value)
}

/// `borrow_mut` for objects without `store`.
public(package) fun internal_borrow_mut<Name: copy + drop + store, Value: key>(
    object: &mut UID,
    name: Name,
): &mut Value {
    let (field, value) = field::field_info_mut(object, Wrapper { name });
    borrow_child_object_mut(field, value)
}

/// `remove` for objects without `store`.
public(package) fun internal_remove<Name: copy + drop + store, Value: key>(
    object: &mut UID,
    name: Name,
): Value {
    let key = Wrapper { name };
    let (field, value) = field::field_info(object, key);
    let obj = remove_child_object(field.to_address(), value);
    field::remove<Wrapper<Name>, ID>(object, key);
    obj
}

/// `exists_with_type` for objects without `store`.
public(package) fun internal_exists_with_type<Name: copy + drop + store, Value: key>(
    object: &UID,
    name: Name,
): bool {
    let key = Wrapper { name };
    if (!field::exists_with_type<Wrapper<Name>, ID>(object, key)) return false;
    let (field, value) = field::field_info(object, key);
    has_child_object_with_ty<Value>(field.to_address(), value)
}
