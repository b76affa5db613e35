package compiler

import (
	"slices"
	"strings"
	"testing"
)

func TestTestCopy(t *testing.T) {
	const source = `#[test_only]
module lab::m_tests;
/* #[test] fun not_this() /* nested */ {} */
const TEXT: vector<u8> = b"#[test] fun nor_this() \" // /*";
#[test_only, allow(unused_field)]
public struct S { n: u64 } // #[test]
#[error]
const EBad: vector<u8> = b"bad";
#[test,
  expected_failure(abort_code = lab::other::E, location = lab::other)]
fun first() { init(&mut tx_context::dummy()); other.init(); lab::x::init() }
#[random_test] fun second() {}
#[syntax(index)]
public fun get(): u64 { 1 }
fun init(_: &mut TxContext) {}
`
	got, tests, err := testCopy(source)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(got, "\n") != strings.Count(source, "\n") {
		t.Error("lines have moved")
	}
	for _, keep := range []string{" allow(unused_field)]", "#[error]", "#[syntax(index)]", `b"#[test] fun nor_this() \" // /*"`, "other.init()", "lab::x::init()"} {
		if !strings.Contains(got, keep) {
			t.Errorf("%s is gone:\n%s", keep, got)
		}
	}
	for _, gone := range []string{"expected_failure", "random_test", "fun init(", "{ init("} {
		if strings.Contains(got, gone) {
			t.Errorf("%s is still there:\n%s", gone, got)
		}
	}
	if strings.Count(got, renamedInit) != 2 {
		t.Errorf("init is renamed %d times", strings.Count(got, renamedInit))
	}
	var names []string
	for _, test := range tests {
		names = append(names, test.FullName())
	}
	if !slices.Equal(names, []string{"lab::m_tests::first", "lab::m_tests::second"}) {
		t.Errorf("tests are %q", names)
	}
	if e := tests[0].Expect; e == nil || *e != (Expectation{Kind: "abort_code", Path: "lab::other::E", Location: "lab::other"}) {
		t.Errorf("expectation is %+v", e)
	}
	if tests[1].Expect != nil {
		t.Error("the second test expects a failure")
	}
}

func TestTestCopyRefusesWhatItCannotRead(t *testing.T) {
	for _, source := range []string{"module a::b;\n#[test]\n", "#[test] fun f() {}\n"} {
		if _, _, err := testCopy(source); err == nil {
			t.Errorf("%q is accepted", source)
		}
	}
}

func TestNumber(t *testing.T) {
	for text, want := range map[string]uint64{"7": 7, " 0x1_0 ": 16, "12u64": 12, "1_000": 1000, "0xffffffffffffffff": 1<<64 - 1} {
		if got, err := number(text); err != nil || got != want {
			t.Errorf("%q: %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "x", "1 + 1", "0x10000000000000000", "18446744073709551616", "b\"text\""} {
		if _, err := number(text); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}

// Lines stay where they are, nothing but attributes and the name init changes,
// and a copy has no tests left: a copy of it is itself.
func FuzzTestCopy(f *testing.F) {
	f.Add("#[test, expected_failure(abort_code = E)] module a::b; fun f() { \"\\\" } // x\n/* /* */")
	f.Add("#[test,()\nM)module 0::0 fun 0")                                       // case 1: a kept part of two lines
	f.Add("module a::b;\n#[test_only,a,b,c,d,e,f,g,h,i,j,k]\nfun init(){init()}") // case 2: many kept parts
	f.Fuzz(func(t *testing.T, text string) {
		got, _, err := testCopy(text)
		if err != nil {
			return
		}
		if strings.Count(got, "\n") != strings.Count(text, "\n") {
			t.Errorf("lines have moved in %q", text)
		}
		if bare := strings.ReplaceAll(got, renamedInit, "init"); !strings.Contains(text, renamedInit) && !blankedOut(text, bare) {
			t.Errorf("%q became %q", text, got)
		}
		again, tests, err := testCopy(got)
		if err != nil || len(tests) > 0 || again != got {
			t.Errorf("%q has a copy %q that is no copy of itself: %q, %v, %v", text, got, again, tests, err)
		}
	})
}

// blankedOut tells that b is a with some bytes overwritten by spaces, and
// perhaps by the punctuation of an attribute.
func blankedOut(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if a[i] != b[i] && strings.IndexByte(" ,]", b[i]) < 0 {
			return false
		}
	}
	return true
}
