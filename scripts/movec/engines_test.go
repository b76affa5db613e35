package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/floe-data/floe/scripts/movec/compiler"
	"github.com/floe-data/floe/sdk/movevm/movetest"
)

// verdictTests pass and fail in all the ways that there are. Those whose names
// start with bad_ must fail.
const verdictTests = `module lab::m;

use std::vector as vec;
use sui::test_scenario as ts;
use sui::event;

const EPlain: u64 = 7;
const EHex: u64 = 0x1_0;
#[error]
const ETooEarly: vector<u8> = b"The vault is still locked";
#[error]
const EOther: vector<u8> = b"Something else";

public struct Thing has key, store { id: UID, n: u64 }
public struct Note has copy, drop { n: u64 }

#[test] fun returns() {}
#[test] fun bad_aborts() { abort 7 }
#[test] fun bad_assert() { assert!(1 == 2) }
#[test, expected_failure(abort_code = EPlain)] fun plain() { abort EPlain }
#[test]
#[expected_failure(abort_code = EPlain)]
fun attributes_apart() { abort EPlain }
#[test, expected_failure(abort_code = EHex)] fun hexadecimal() { abort 16 }
#[test, expected_failure(abort_code = EPlain)] fun bad_returns() {}
#[test, expected_failure(abort_code = EPlain)] fun bad_code() { abort 8 }
#[test, expected_failure(abort_code = Self::EPlain)] fun path_of_self() { abort 7 }
#[test, expected_failure(abort_code = ETooEarly)] fun clever() { abort ETooEarly }
#[test, expected_failure(abort_code = ETooEarly)] fun clever_assert() { assert!(1 == 2, ETooEarly) }
#[test, expected_failure(abort_code = ETooEarly)] fun bad_clever() { abort EOther }
#[test, expected_failure(abort_code = 9, location = lab::m)] fun number() { abort 9 }
#[test, expected_failure(abort_code = 9, location = sui::coin)] fun bad_location() { abort 9 }
#[test, expected_failure(abort_code = 0x20000, location = vec)] fun elsewhere() { vector<u8>[].remove(0); }
#[test, expected_failure(arithmetic_error, location = Self)] fun arithmetic() { let x = 255u8; assert!(x + (vector[1u8][0]) > 0, 1); }
#[test, expected_failure(arithmetic_error, location = Self)] fun bad_arithmetic() { abort 4017 }
#[test, expected_failure(vector_error, minor_status = 1, location = Self)] fun index() { let v = vector[1u8]; assert!(v[1] == 0, 1); }
#[test, expected_failure(vector_error, minor_status = 2, location = Self)] fun bad_minor() { let v = vector[1u8]; assert!(v[1] == 0, 1); }

/* #[test] fun in_a_comment() { /* nested */ abort 1 } */
// #[test] fun in_a_line_comment() { abort 1 }
fun text(): vector<u8> { b"#[test] fun in_a_string() {} // \" /*" }
#[test] fun strings() { assert!(text().length() > 0, 1) }

fun init(ctx: &mut TxContext) {
    transfer::share_object(Thing { id: object::new(ctx), n: 1 });
}

#[test]
fun scenario() {
    let mut s = ts::begin(@0xa);
    init(s.ctx());
    let first = s.next_tx(@0xb);
    assert!(first.created().length() == 1 && first.shared() == first.created(), 1);
    let mut t = s.take_shared<Thing>();
    assert!(!ts::has_most_recent_shared<Thing>(), 2);
    t.n = 2;
    ts::return_shared(t);
    event::emit(Note { n: 5 });
    assert!(event::events_by_type<Note>() == vector[Note { n: 5 }], 3);
    let second = s.next_tx(@0xb);
    assert!(second.written().length() == 1 && second.num_user_events() == 1 && event::num_events() == 0, 4);
    let t = s.take_shared<Thing>();
    assert!(t.n == 2, 5);
    ts::return_shared(t);
    s.end();
}

#[test, expected_failure(abort_code = sui::test_scenario::EInvalidSharedOrImmutableUsage)]
fun shared_object_stays_shared() {
    let mut s = ts::begin(@0xa);
    init(s.ctx());
    s.next_tx(@0xa);
    transfer::public_transfer(s.take_shared<Thing>(), @0xa);
    s.end();
}

#[test, expected_failure(abort_code = sui::test_scenario::EInvalidSharedOrImmutableUsage)]
fun immutable_object_stays_as_it_is() {
    let mut s = ts::begin(@0xa);
    transfer::public_freeze_object(Thing { id: object::new(s.ctx()), n: 1 });
    s.next_tx(@0xa);
    let mut t = s.take_immutable<Thing>();
    t.n = 2;
    ts::return_immutable(t);
    s.end();
}

#[test, expected_failure(abort_code = sui::test_scenario::EObjectNotFound)]
fun object_can_be_taken_once() {
    let mut s = ts::begin(@0xa);
    let thing = Thing { id: object::new(s.ctx()), n: 1 };
    let id = object::id(&thing);
    transfer::public_transfer(thing, @0xa);
    s.next_tx(@0xa);
    let t = s.take_from_sender_by_id<Thing>(id);
    transfer::public_transfer(s.take_from_sender_by_id<Thing>(id), @0xb);
    ts::return_to_sender(&s, t);
    s.end();
}

#[test]
fun newest_first() {
    let mut s = ts::begin(@0xa);
    3u64.do!(|n| transfer::public_transfer(Thing { id: object::new(s.ctx()), n }, @0xa));
    s.next_tx(@0xa);
    let a = s.take_from_sender<Thing>();
    let b = s.take_from_sender<Thing>();
    assert!(a.n == 2 && b.n == 1 && ts::ids_for_address<Thing>(@0xa).length() == 3, 1);
    ts::return_to_sender(&s, b);
    ts::return_to_sender(&s, a);
    s.next_tx(@0xa);
    let a = s.take_from_sender<Thing>();
    assert!(a.n == 2, 2);
    ts::return_to_sender(&s, a);
    s.end();
}

#[test]
fun dynamic_fields_outlive_transactions() {
    let mut s = ts::begin(@0xa);
    let mut thing = Thing { id: object::new(s.ctx()), n: 1 };
    sui::dynamic_field::add(&mut thing.id, b"k", 5u64);
    sui::dynamic_object_field::add(&mut thing.id, b"o", Thing { id: object::new(s.ctx()), n: 9 });
    transfer::public_transfer(thing, @0xa);
    s.next_tx(@0xa);
    let mut thing = s.take_from_sender<Thing>();
    assert!(sui::dynamic_field::remove(&mut thing.id, b"k") == 5u64, 1);
    let inner: Thing = sui::dynamic_object_field::remove(&mut thing.id, b"o");
    assert!(inner.n == 9, 2);
    transfer::public_transfer(inner, @0xb);
    ts::return_to_sender(&s, thing);
    let effects = s.next_tx(@0xb);
    assert!(effects.transferred_to_account().length() == 2, 3);
    let inner = s.take_from_sender<Thing>();
    ts::return_to_sender(&s, inner);
    s.end();
}

#[test]
fun wrapping_deletes() {
    let mut s = ts::begin(@0xa);
    let thing = Thing { id: object::new(s.ctx()), n: 1 };
    transfer::public_transfer(thing, @0xa);
    s.next_tx(@0xa);
    let thing = s.take_from_sender<Thing>();
    let id = object::id(&thing);
    transfer::transfer(Box { id: object::new(s.ctx()), thing }, @0xa);
    let effects = s.next_tx(@0xa);
    assert!(effects.deleted() == vector[id], 1);
    assert!(!s.has_most_recent_for_sender<Thing>(), 2);
    let Box { id: box, thing } = s.take_from_sender<Box>();
    box.delete();
    transfer::public_transfer(thing, @0xa);
    let effects = s.next_tx(@0xa);
    assert!(effects.written() == vector[id] && effects.deleted().length() == 1, 3);
    assert!(s.has_most_recent_for_sender<Thing>(), 4);
    s.end();
}

public struct Box has key { id: UID, thing: Thing }

#[test]
fun party_objects_belong_to_their_address() {
    let mut s = ts::begin(@0xa);
    let thing = Thing { id: object::new(s.ctx()), n: 1 };
    transfer::public_party_transfer(thing, sui::party::single_owner(@0xb));
    let effects = s.next_tx(@0xb);
    assert!(effects.transferred_to_account().length() == 1, 1);
    assert!(s.has_most_recent_for_sender<Thing>(), 2);
    s.end();
}

#[test]
fun received() {
    let mut s = ts::begin(@0xa);
    let mut parent = Thing { id: object::new(s.ctx()), n: 1 };
    let child = Thing { id: object::new(s.ctx()), n: 2 };
    let parent_id = object::id(&parent);
    transfer::public_transfer(child, parent_id.to_address());
    s.next_tx(@0xa);
    let ticket = ts::most_recent_receiving_ticket<Thing>(&parent_id);
    ts::return_receiving_ticket(ticket);
    let ticket = ts::most_recent_receiving_ticket<Thing>(&parent_id);
    let child = transfer::public_receive(&mut parent.id, ticket);
    assert!(child.n == 2, 1);
    transfer::public_transfer(child, @0xb);
    transfer::public_transfer(parent, @0xa);
    s.next_tx(@0xb);
    assert!(s.has_most_recent_for_sender<Thing>(), 2);
    s.end();
}
`

// Both engines come to the right verdict on each, and so to the same.
func TestVerdicts(t *testing.T) {
	w := openForTest(t)
	tree := compiler.NewTree(w.tree.Dir)
	dir := t.TempDir()
	writeLab(t, dir, verdictTests)
	rel, err := filepath.Rel(tree.Dir, dir)
	if err != nil {
		t.Fatal(err)
	}
	src, err := tree.Package(rel)
	if err != nil {
		t.Fatal(err)
	}
	report, err := w.compiler.Test(t.Context(), src)
	if err != nil {
		t.Fatal(err)
	}
	build, err := w.compiler.BuildTests(t.Context(), tree, rel, false)
	if err != nil {
		t.Fatal(err)
	}
	results, err := movetest.Run(movetest.Config{}, build.Modules, build.Tests)
	if err != nil {
		t.Fatal(err)
	}
	ours := map[string]movetest.Result{}
	for _, r := range results {
		ours[r.Test.Name] = r
		want := !strings.Contains(r.Test.Name, "::bad_")
		if r.Passed != want || r.Passed != (r.Reason == "") {
			t.Errorf("floe: %s: passed is %v: %s", r.Test.Name, r.Passed, r.Reason)
		}
	}
	for _, r := range report.Results {
		if _, ok := ours[r.Name]; !ok {
			t.Errorf("floe has no test %s", r.Name)
		}
		if want := !strings.Contains(r.Name, "::bad_"); r.Passed != want {
			t.Errorf("sui: %s: passed is %v\n%s", r.Name, r.Passed, report.Failures())
		}
	}
	if n := strings.Count(verdictTests, "\n#[test"); len(report.Results) != n || len(results) != n {
		t.Errorf("%d tests are written, sui ran %d and floe %d", n, len(report.Results), len(results))
	}
}

func writeLab(t *testing.T, dir, module string) {
	t.Helper()
	if err := os.Mkdir(filepath.Join(dir, "sources"), 0o755); err != nil {
		t.Fatal(err)
	}
	for file, text := range map[string]string{"Move.toml": labManifest, "sources/lab.move": module} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestUnclearExpectationsAreErrors(t *testing.T) {
	w := openForTest(t)
	for attribute, want := range map[string]string{
		"abort_code = EMissing":       "has no constant EMissing",
		"abort_code = ESum":           "is not a plain number",
		"abort_code = other::E":       "module other is not imported",
		"major_status = 4016":         "is not understood",
		"abort_code = lab::absent::E": "has no constant E",
	} {
		dir := t.TempDir()
		writeLab(t, dir, "module lab::m;\nconst ESum: u64 = 1 + 1;\n#[test, expected_failure("+attribute+")] fun f() { abort ESum }\n")
		rel, err := filepath.Rel(w.tree.Dir, dir)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.compiler.BuildTests(context.Background(), w.tree, rel, false); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", attribute, err, want)
		}
	}
}
