/// A small map in one value. Keys keep the order in which they came in; every
/// look-up reads all. For many entries take a table.
module sui::vec_map;

/// The map has that key.
const EKeyAlreadyExists: u64 = 0;
/// The map has no such key.
const EKeyDoesNotExist: u64 = 1;
/// The map is not empty.
const EMapNotEmpty: u64 = 2;
/// There are not that many entries.
const EIndexOutOfBounds: u64 = 3;
/// There are more keys than values, or fewer.
const EUnequalLengths: u64 = 5;
/// The map is empty.
const EMapEmpty: u64 = 4;

/// Keys to values.
public struct VecMap<K: copy, V> has copy, drop, store {
    contents: vector<Entry<K, V>>,
}

/// One key with its value.
public struct Entry<K: copy, V> has copy, drop, store {
    key: K,
    value: V,
}

/// A map without entries.
public fun empty<K: copy, V>(): VecMap<K, V> {
    VecMap { contents: vector[] }
}

/// Adds an entry. Aborts if there is one of that key.
public fun insert<K: copy, V>(self: &mut VecMap<K, V>, key: K, value: V) {
    assert!(!self.contains(&key), EKeyAlreadyExists);
    self.contents.push_back(Entry { key, value })
}

/// Takes an entry out. Aborts if there is none.
public fun remove<K: copy, V>(self: &mut VecMap<K, V>, key: &K): (K, V) {
    let i = self.get_idx(key);
    let Entry { key, value } = self.contents.remove(i);
    (key, value)
}

/// Takes the last entry out. Aborts if there is none.
public fun pop<K: copy, V>(self: &mut VecMap<K, V>): (K, V) {
    assert!(!self.contents.is_empty(), EMapEmpty);
    let Entry { key, value } = self.contents.pop_back();
    (key, value)
}

/// The value of a key, as `&mut map[&k]`. Aborts if there is none.
#[syntax(index)]
public fun get_mut<K: copy, V>(self: &mut VecMap<K, V>, key: &K): &mut V {
    let i = self.get_idx(key);
    &mut self.contents[i].value
}

/// The value of a key, as `map[&k]`. Aborts if there is none.
#[syntax(index)]
public fun get<K: copy, V>(self: &VecMap<K, V>, key: &K): &V {
    &self.contents[self.get_idx(key)].value
}

/// A copy of the value of a key, if there is one.
public fun try_get<K: copy, V: copy>(self: &VecMap<K, V>, key: &K): Option<V> {
    if (self.contains(key)) option::some(*self.get(key)) else option::none()
}

/// Whether there is an entry of that key.
public fun contains<K: copy, V>(self: &VecMap<K, V>, key: &K): bool {
    self.get_idx_opt(key).is_some()
}

/// The number of entries.
public fun length<K: copy, V>(self: &VecMap<K, V>): u64 {
    self.contents.length()
}

/// Older name of `length`.
public fun size<K: copy, V>(self: &VecMap<K, V>): u64 {
    self.length()
}

/// Whether there are no entries.
public fun is_empty<K: copy, V>(self: &VecMap<K, V>): bool {
    self.contents.is_empty()
}

/// Destroys a map that must be empty.
public fun destroy_empty<K: copy, V>(self: VecMap<K, V>) {
    let VecMap { contents } = self;
    assert!(contents.is_empty(), EMapNotEmpty);
    contents.destroy_empty()
}

/// All keys and all values; the map is gone.
public fun into_keys_values<K: copy, V>(self: VecMap<K, V>): (vector<K>, vector<V>) {
    let VecMap { contents } = self;
    let mut keys = vector[];
    let mut values = vector[];
    contents.do!(|entry| {
        let Entry { key, value } = entry;
        keys.push_back(key);
        values.push_back(value);
    });
    (keys, values)
}

/// A map of keys to values, in that order. Aborts on a key that comes twice.
public fun from_keys_values<K: copy, V>(keys: vector<K>, values: vector<V>): VecMap<K, V> {
    assert!(keys.length() == values.length(), EUnequalLengths);
    let mut map = empty();
    keys.zip_do!(values, |key, value| map.insert(key, value));
    map
}

/// Copies of all keys.
public fun keys<K: copy, V>(self: &VecMap<K, V>): vector<K> {
    self.contents.map_ref!(|entry| entry.key)
}

/// The place of a key, if it is there.
public fun get_idx_opt<K: copy, V>(self: &VecMap<K, V>, key: &K): Option<u64> {
    self.contents.find_index!(|entry| &entry.key == key)
}

/// The place of a key. Aborts if it is not there.
public fun get_idx<K: copy, V>(self: &VecMap<K, V>, key: &K): u64 {
    let i = self.get_idx_opt(key);
    assert!(i.is_some(), EKeyDoesNotExist);
    i.destroy_some()
}

/// The entry at a place.
public fun get_entry_by_idx<K: copy, V>(self: &VecMap<K, V>, idx: u64): (&K, &V) {
    assert!(idx < self.length(), EIndexOutOfBounds);
    let entry = &self.contents[idx];
    (&entry.key, &entry.value)
}

/// The entry at a place, its value to change.
public fun get_entry_by_idx_mut<K: copy, V>(self: &mut VecMap<K, V>, idx: u64): (&K, &mut V) {
    assert!(idx < self.length(), EIndexOutOfBounds);
    let entry = &mut self.contents[idx];
    (&entry.key, &mut entry.value)
}

/// Takes the entry at a place out.
public fun remove_entry_by_idx<K: copy, V>(self: &mut VecMap<K, V>, idx: u64): (K, V) {
    assert!(idx < self.length(), EIndexOutOfBounds);
    let Entry { key, value } = self.contents.remove(idx);
    (key, value)
}
