// Package movevm runs Move bytecode of the Sui flavour (format versions 6 and
// 7) in Go: it deserializes, links, checks and interprets modules, with Sui's
// object model (ids, ownership, dynamic fields, events) over a session.
//
// A [VM] is made once and shared by goroutines; it caches packages, which are
// immutable. A [Session] belongs to one transaction and one goroutine:
//
//	vm := movevm.New(movevm.Config{})
//	s := vm.NewSession(packages, host, movevm.TxContext{Sender: sender, Digest: digest})
//	fn, err := s.LoadFunction(pkg, "counter", "increment", nil)
//	counter, err := s.Input(object)       // decodes and registers an input object
//	cell := movevm.NewCell(counter)
//	returns, err := s.Call(fn, []movevm.Value{cell.Ref(fn.Params[0])})
//	results, err := s.Finish()
//
// The package does no I/O of its own and keeps no clock: everything that a
// program can see comes in through [PackageSource], [Host] and [TxContext].
// Transactions, gas and effects are the matter of package execution; the file
// format is that of package bytecode.
//
// # Life of a call
//
// LoadFunction parses the package and what it links to (loader.go), resolves
// types to their defining packages (resolve.go), runs the static pass over the
// function (verify.go) and lowers it, for its type arguments, to operations on
// registers that need no types any more (lower*.go; ops.go says what each does
// and which Move instruction it is). Call puts the arguments into a frame and
// runs the loop of machine.go; the semantics are in small functions beside it
// (integers.go, wide.go, containers.go). Call targets are resolved when they are
// first reached. Natives are Go functions in natives_*.go; those of sui::object,
// transfer and dynamic_field work on the session's objects (objects.go,
// children.go). RATIONALE.md says why.
//
// # What is exact, simplified and missing
//
// README.md has the commands. Package execution has the table of what stays
// simplified in transactions and on the chain, such as gas.
//
//	exact       format 6 and 7 both ways, and its bounds   bytecode.TestTemplate: Sui's own deserializer
//	exact       instructions, values, BCS, error codes     TestRunner: 2258 functions on the real VM
//	exact       hashes, HMAC, Ed25519, secp256k1, strings,
//	            type names, addresses                      TestRunner
//	exact       BLS12-381 signatures and groups            TestBLSVerify, TestGroups, TestSealKDF: published vectors
//	exact       secp256r1                                  TestECDSA: signatures of @noble/curves; TestSecp256r1
//	exact       ECVRF, Poseidon, Groth16                   TestECVRF, TestPoseidon, TestGroth16: the vectors of Sui's tests
//	exact       Nitro attestation                          TestNitroAttestation: real documents; package nitro
//	exact       natives of unit tests (test_scenario)      scripts/movec TestVerdicts, TestMove: equal verdicts in Sui's runner
//	exact       signatures of natives                      scripts/movec TestNativesAreDeclaredAsTheVMExpects: mainnet's ABI
//	exact       ids of objects and dynamic fields          TestRunner, package execution against @mysten/sui
//	exact       linkage, type origins, package digests     package execution
//	by rules    the static pass: types, locals, references, limits   TestPlanted…; TestVerifyAll and
//	            every generated program pass. Sui's verifier takes no assembled module from outside,
//	            so what ours refuses is held against the published rules, not against it
//	simplified  place of errors in natives: offset 0 of the native
//	simplified  operand stack: its limit is checked for a run of instructions at its start
//	simplified  fuel: our own units, for bounds; Sui's computation gas is not computed
//	simplified  Ed25519 follows RFC 8032, validators ZIP 215: they differ on crafted keys only
//	simplified  types of more than 512 parts: only bcs::to_bytes refuses them; event::emit takes them on
//	            Sui, too, and what dynamic fields do with them was not compared
//	simplified  protocol_config::is_feature_enabled is false for all features
//	missing     natives that nativeTable refuses by name: vdf, zklogin, config, address balances;
//	            those that it does not list: scratch, rangeproofs. Calls of them end with StatusLinker
//
// # Hostile code
//
// What a session uses is bounded by [Config]: fuel for instructions and natives,
// memory by what is allocated, besides Sui's own limits (1024 calls, 1024
// operands, 128 levels of types). There is no unsafe code here; a program that
// breaks a rule which the static pass does not check ends, at worst, with
// [StatusInvariant].
package movevm
