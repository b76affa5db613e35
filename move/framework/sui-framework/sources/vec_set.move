/// A small set in one value. Keys keep the order in which they came in; every
/// look-up reads all. For many keys take a table.
module sui::vec_set;

/// The set has that key.
const EKeyAlreadyExists: u64 = 0;
/// The set has no such key.
const EKeyDoesNotExist: u64 = 1;

/// Keys, each once.
public struct VecSet<K: copy + drop> has copy, drop, store {
    contents: vector<K>,
}

/// A set without keys.
public fun empty<K: copy + drop>(): VecSet<K> {
    VecSet { contents: vector[] }
}

/// A set of one key.
public fun singleton<K: copy + drop>(key: K): VecSet<K> {
    VecSet { contents: vector[key] }
}

/// Adds a key. Aborts if it is there.
public fun insert<K: copy + drop>(self: &mut VecSet<K>, key: K) {
    assert!(!self.contains(&key), EKeyAlreadyExists);
    self.contents.push_back(key)
}

/// Takes a key out. Aborts if it is not there.
public fun remove<K: copy + drop>(self: &mut VecSet<K>, key: &K) {
    let (found, i) = self.contents.index_of(key);
    assert!(found, EKeyDoesNotExist);
    self.contents.remove(i);
}

/// Whether the key is there.
public fun contains<K: copy + drop>(self: &VecSet<K>, key: &K): bool {
    self.contents.contains(key)
}

/// The number of keys.
public fun length<K: copy + drop>(self: &VecSet<K>): u64 {
    self.contents.length()
}

/// Older name of `length`.
public fun size<K: copy + drop>(self: &VecSet<K>): u64 {
    self.length()
}

/// Whether there are no keys.
public fun is_empty<K: copy + drop>(self: &VecSet<K>): bool {
    self.contents.is_empty()
}

/// All keys; the set is gone.
public fun into_keys<K: copy + drop>(self: VecSet<K>): vector<K> {
    self.contents
}

/// A set of keys, in that order. Aborts on a key that comes twice.
public fun from_keys<K: copy + drop>(keys: vector<K>): VecSet<K> {
    let mut set = empty();
    keys.do!(|key| set.insert(key));
    set
}

/// All keys.
public fun keys<K: copy + drop>(self: &VecSet<K>): &vector<K> {
    &self.contents
}
