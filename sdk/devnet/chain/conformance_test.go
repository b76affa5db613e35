package chain

import (
	"os"
	"regexp"
	"slices"
	"testing"

	pb "github.com/block-vision/sui-go-sdk/pb/sui/rpc/v2"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
)

// noStub are rows of README.md that sui-go-sdk v1.1.4 has no stub for; the npm
// client walks them in scripts/foreign.
var noStub = map[string]string{
	"listTransactions":                          "newer than the stubs",
	"listEvents":                                "newer than the stubs",
	"LedgerService.ListCheckpoints":             "newer than the stubs",
	"LedgerService.ListTransactions":            "newer than the stubs",
	"LedgerService.ListEvents":                  "newer than the stubs",
	"SubscriptionService.SubscribeCheckpoints":  "TestSubscribe",
	"SubscriptionService.SubscribeTransactions": "newer than the stubs",
	"SubscriptionService.SubscribeEvents":       "newer than the stubs",
	"forkingService":                            "another service: TestManualTime",
	"mvr":                                       "no call",
	"tx.object.random":                          "TestRandomness",
	"faucet":                                    "HTTP: TestFaucetTransferAndReopen",
	"waitForTransaction":                        "getTransaction again",
}

// rows are the calls of the table, with the read masks that @mysten/sui sends.
// They share a chain with the package lab, whose counter has a dynamic field
// and a dynamic object field.
type rows struct {
	*testing.T
	c       *Chain
	alice   *sui.PrivateKey
	lab     sui.Address
	counter sui.Address
	last    *pb.ExecutedTransaction

	ledger  pb.LedgerServiceClient
	state   pb.StateServiceClient
	execute pb.TransactionExecutionServiceClient
	pkg     pb.MovePackageServiceClient
	verify  pb.SignatureVerificationServiceClient
	names   pb.NameServiceClient
}

// TestConformanceOfStubs walks the table of README.md with sui-go-sdk's stubs
// over native gRPC: no row is missing on either side.
func TestConformanceOfStubs(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	r := newRows(t)
	calls := r.calls()
	seen := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\|[^|]*\\| (served|UNIMPLEMENTED) \\|").FindAllStringSubmatch(string(readme), -1) {
		row, how := m[1], m[2]
		seen[row] = true
		call := calls[row]
		if call == nil {
			if noStub[row] == "" {
				t.Errorf("%s has no test", row)
			}
			continue
		}
		t.Run(row, func(t *testing.T) {
			r.T = t
			err := call()
			if how == "UNIMPLEMENTED" && status.Code(err) != codes.Unimplemented || how == "served" && err != nil {
				t.Errorf("%v, the table says %s", err, how)
			}
		})
	}
	for row := range calls {
		if !seen[row] {
			t.Errorf("%s is not in the table", row)
		}
	}
}

func newRows(t *testing.T) *rows {
	c := openManual(t, t.TempDir(), "test")
	conn, _ := serveTest(t, c)
	r := &rows{
		T: t, c: c, alice: c.Accounts()[0],
		ledger: pb.NewLedgerServiceClient(conn), state: pb.NewStateServiceClient(conn), execute: pb.NewTransactionExecutionServiceClient(conn),
		pkg: pb.NewMovePackageServiceClient(conn), verify: pb.NewSignatureVerificationServiceClient(conn), names: pb.NewNameServiceClient(conn),
	}
	r.lab = published(t, c, conn, r.alice, "lab")
	out, err := r.state.ListOwnedObjects(t.Context(), &pb.ListOwnedObjectsRequest{Owner: ptr(r.alice.Address().String())})
	if err != nil || len(out.Objects) == 0 {
		t.Fatal(out, err)
	}
	var start uint64
	if err := c.ledger.read(func(v view) error {
		v.scan(bucketLive, nil, nil, func(k, _ []byte) bool {
			if obj, err := v.object(sui.Address(k)); err == nil && obj.Move != nil && obj.Move.Type.Name == "Counter" {
				r.counter, start = obj.ID(), obj.Owner.Version
			}
			return true
		})
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	b := sui.NewBuilder()
	counter := b.SharedObject(r.counter, start, true)
	b.Call(r.lab, "lab", "add_field", nil, counter, b.Pure(uint64(1)), b.Pure(uint64(20)))
	b.Call(r.lab, "lab", "attach", nil, counter, b.Pure("box"), b.Call(r.lab, "lab", "new_box", nil, b.Pure(uint64(7))))
	b.Call(r.lab, "lab", "increment", nil, counter, b.Pure(uint64(3)))
	r.last = succeeded(t, c, conn, r.alice, b)
	return r
}

// want reports what is not as it should be.
func (r *rows) want(ok bool, what any) {
	r.Helper()
	if !ok {
		r.Errorf("got %v", what)
	}
}

// objects is BatchGetObjects as getObjects calls it.
func (r *rows) objects(ids ...sui.Address) ([]*pb.GetObjectResult, error) {
	req := &pb.BatchGetObjectsRequest{ReadMask: paths("owner", "object_type", "digest", "version", "object_id", "contents", "previous_transaction", "bcs", "json", "display")}
	for _, id := range ids {
		req.Requests = append(req.Requests, &pb.GetObjectRequest{ObjectId: ptr(id.String())})
	}
	out, err := r.ledger.BatchGetObjects(r.Context(), req)
	if err == nil && len(out.Objects) != len(ids) {
		r.Fatalf("%d answers for %d objects", len(out.Objects), len(ids))
	}
	return out.GetObjects(), err
}

var executedMask = []string{"digest", "transaction.digest", "signatures", "effects.status", "timestamp", "checkpoint",
	"transaction.sender", "transaction.gas_payment", "transaction.expiration", "transaction.kind", "transaction.bcs",
	"balance_changes", "effects", "events", "effects.changed_objects.object_type", "effects.changed_objects.object_id"}

func prefixed(prefix string, list []string) *fieldmaskpb.FieldMask {
	out := &fieldmaskpb.FieldMask{Paths: []string{"command_outputs"}}
	for _, p := range list {
		out.Paths = append(out.Paths, prefix+p)
	}
	return out
}

func (r *rows) owned(typ string, size uint32, token []byte) (*pb.ListOwnedObjectsResponse, error) {
	return r.state.ListOwnedObjects(r.Context(), &pb.ListOwnedObjectsRequest{
		Owner: ptr(r.alice.Address().String()), ObjectType: &typ, PageSize: &size, PageToken: token,
		ReadMask: paths("owner", "object_type", "digest", "version", "object_id", "balance"),
	})
}

func (r *rows) epoch(mask ...string) (*pb.Epoch, error) {
	out, err := r.ledger.GetEpoch(r.Context(), &pb.GetEpochRequest{ReadMask: paths(mask...)})
	return out.GetEpoch(), err
}

func (r *rows) payment() *pb.ExecuteTransactionRequest {
	return transfer(r.T, r.alice, gasOf(r.T, r.c, r.alice), sui.Address{7}, 9)
}

func (r *rows) calls() map[string]func() error {
	SUI := sui.SUIType()
	return map[string]func() error{
		"getObject": func() error {
			out, err := r.objects(r.counter)
			o := out[0].GetObject()
			r.want(o.GetObjectType() == r.lab.String()+"::lab::Counter" && o.Owner.GetKind() == pb.Owner_SHARED && o.Json.GetStructValue().Fields["value"].GetStringValue() == "3" &&
				o.GetPreviousTransaction() == r.last.GetDigest() && len(o.Contents.GetValue()) == 40 && len(o.Bcs.GetValue()) > 40, o)
			return err
		},
		"getObjects": func() error {
			out, err := r.objects(sui.Address{9, 9}, r.lab, sui.ClockID)
			r.want(out[0].GetError().GetCode() == int32(codes.NotFound), out[0])
			r.want(out[1].GetObject().GetObjectType() == "package" && out[1].GetObject().GetVersion() == 1, out[1])
			r.want(out[2].GetObject().GetObjectId() == sui.ClockID.String(), out[2])
			return err
		},
		"listOwnedObjects": func() error {
			first, err := r.owned("0x2::package::UpgradeCap", 1, nil)
			r.want(len(first.GetObjects()) == 1 && first.NextPageToken == nil, first)
			return err
		},
		"listCoins": func() error {
			askFaucet(r.T, r.c, r.alice.Address())
			sizes, token := []int(nil), []byte(nil)
			for {
				page, err := r.owned("0x2::coin::Coin<0x2::sui::SUI>", 4, token)
				if err != nil {
					return err
				}
				sizes = append(sizes, len(page.Objects))
				r.want(page.Objects[0].GetBalance() > 0, page.Objects[0])
				if token = page.NextPageToken; token == nil {
					break
				}
			}
			r.want(slices.Equal(sizes, []int{4, 4, 2}), sizes)
			return nil
		},
		"getBalance": func() error {
			out, err := r.state.GetBalance(r.Context(), &pb.GetBalanceRequest{Owner: ptr(r.alice.Address().String()), CoinType: ptr(SUI.String())})
			r.want(out.GetBalance().GetBalance() > 0 && out.Balance.GetCoinType() == SUI.String(), out)
			return err
		},
		"listBalances": func() error {
			out, err := r.state.ListBalances(r.Context(), &pb.ListBalancesRequest{Owner: ptr(r.alice.Address().String())})
			r.want(len(out.GetBalances()) == 1, out)
			return err
		},
		"getCoinMetadata": func() error {
			out, err := r.state.GetCoinInfo(r.Context(), &pb.GetCoinInfoRequest{CoinType: ptr(SUI.String())})
			r.want(out.GetMetadata().GetSymbol() == "SUI" && out.Metadata.GetDecimals() == 9, out)
			return err
		},
		"getDynamicField": func() error {
			out, err := r.objects(sui.DynamicFieldID(r.counter, sui.TypeTag{Kind: sui.KindU64}, bcs.Marshal(bcsU64(1))))
			o := out[0].GetObject()
			r.want(o.GetObjectType() == sui.DynamicFieldType(sui.TypeTag{Kind: sui.KindU64}, sui.TypeTag{Kind: sui.KindU64}).String() && fromLE(o.Contents.GetValue()[40:]) == 20, o)
			return err
		},
		"getDynamicObjectField": func() error {
			wrapper := sui.StructTag{Address: sui.Framework, Module: "dynamic_object_field", Name: "Wrapper",
				Params: []sui.TypeTag{sui.StructTag{Address: sui.MoveStdlib, Module: "string", Name: "String"}.Tag()}}
			id := sui.DynamicFieldID(r.counter, wrapper.Tag(), []byte("\x03box"))
			out, err := r.objects(id)
			if err != nil {
				return err
			}
			field := out[0].GetObject().GetContents().GetValue()
			out, err = r.objects(sui.Address(field[len(field)-32:]))
			o := out[0].GetObject()
			r.want(o.GetObjectType() == r.lab.String()+"::lab::Box" && o.Owner.GetAddress() == id.String(), o)
			return err
		},
		"listDynamicFields": func() error {
			out, err := r.state.ListDynamicFields(r.Context(), &pb.ListDynamicFieldsRequest{Parent: ptr(r.counter.String()), ReadMask: paths("field_id", "name", "value_type", "kind", "child_id", "value")})
			kinds := map[pb.DynamicField_DynamicFieldKind]int{}
			for _, f := range out.GetDynamicFields() {
				kinds[f.GetKind()]++
				r.want(f.GetName().GetName() != "" && f.GetValueType() != "", f)
			}
			r.want(kinds[pb.DynamicField_FIELD] == 1 && kinds[pb.DynamicField_OBJECT] == 1, out)
			return err
		},
		"getTransaction": func() error {
			out, err := r.ledger.GetTransaction(r.Context(), &pb.GetTransactionRequest{Digest: r.last.Digest, ReadMask: paths(executedMask...)})
			tx := out.GetTransaction()
			r.want(tx.GetTransaction().GetSender() == r.alice.Address().String() && tx.Transaction.Bcs != nil && tx.Effects.GetBcs() != nil && len(tx.Signatures) == 1 &&
				tx.Timestamp != nil && tx.GetCheckpoint() == r.last.GetCheckpoint() && len(tx.BalanceChanges) == 1 && len(tx.Events.GetEvents()) == 1, tx)
			return err
		},
		"executeTransaction": func() error {
			req := r.payment()
			req.ReadMask = paths(executedMask...)
			out, err := r.execute.ExecuteTransaction(r.Context(), req)
			r.want(out.GetTransaction().GetEffects().GetStatus().GetSuccess() && len(out.Transaction.BalanceChanges) == 2, out)
			return err
		},
		"simulateTransaction": func() error {
			for _, checks := range []pb.SimulateTransactionRequest_TransactionChecks{pb.SimulateTransactionRequest_ENABLED, pb.SimulateTransactionRequest_DISABLED} {
				out, err := r.execute.SimulateTransaction(r.Context(), &pb.SimulateTransactionRequest{
					Transaction: r.payment().Transaction, Checks: &checks, DoGasSelection: ptr(false), ReadMask: prefixed("transaction.", executedMask)})
				if err != nil {
					return err
				}
				r.want(out.GetTransaction().GetEffects().GetStatus().GetSuccess() && len(out.CommandOutputs) == 2 && len(out.CommandOutputs[0].ReturnValues) == 1, out)
			}
			return nil
		},
		"getReferenceGasPrice": func() error {
			e, err := r.epoch("reference_gas_price")
			r.want(e.GetReferenceGasPrice() == 1000 && e.Epoch == nil, e)
			return err
		},
		"getCurrentSystemState": func() error {
			e, err := r.epoch("system_state.version", "system_state.epoch", "system_state.protocol_version", "system_state.reference_gas_price",
				"system_state.epoch_start_timestamp_ms", "system_state.safe_mode", "system_state.parameters", "system_state.storage_fund", "system_state.stake_subsidy")
			s := e.GetSystemState()
			r.want(s.GetProtocolVersion() == protocolVersion && s.GetEpochStartTimestampMs() == uint64(ManualGenesis.UnixMilli()) && s.Parameters != nil && s.StorageFund != nil && s.StakeSubsidy != nil, s)
			return err
		},
		"getProtocolConfig": func() error {
			e, err := r.epoch("protocol_config")
			r.want(e.GetProtocolConfig().GetAttributes()["max_tx_size_bytes"] == "131072" && len(e.ProtocolConfig.FeatureFlags) > 0, e)
			return err
		},
		"getChainIdentifier": func() error {
			out, err := r.ledger.GetServiceInfo(r.Context(), &pb.GetServiceInfoRequest{})
			r.want(out.GetChainId() == r.c.ID().String(), out)
			return err
		},
		"getMoveFunction": func() error {
			out, err := r.pkg.GetFunction(r.Context(), &pb.GetFunctionRequest{PackageId: ptr(r.lab.String()), ModuleName: ptr("lab"), Name: ptr("increment")})
			r.want(out.GetFunction().GetVisibility() == pb.FunctionDescriptor_PUBLIC && len(out.Function.Parameters) == 2, out)
			return err
		},
		"verifyZkLoginSignature": func() error {
			text := []byte("hello")
			sig, err := r.alice.SignPersonalMessage(text)
			if err != nil {
				return err
			}
			ask := func(message, sig []byte) (*pb.VerifySignatureResponse, error) {
				e := bcs.NewEncoder()
				e.Bytes(message)
				return r.verify.VerifySignature(r.Context(), &pb.VerifySignatureRequest{
					Message: &pb.Bcs{Name: ptr("PersonalMessage"), Value: e.Data()}, Signature: &pb.UserSignature{Bcs: &pb.Bcs{Value: sig}}, Address: ptr(r.alice.Address().String())})
			}
			good, err := ask(text, sig)
			r.want(good.GetIsValid(), good)
			bad, err2 := ask(text[1:], sig)
			r.want(err2 == nil && !bad.GetIsValid() && bad.GetReason() != "", bad)
			zk := slices.Concat([]byte{byte(sui.ZkLogin)}, make([]byte, 200))
			if _, err := ask(text, zk); status.Code(err) != codes.Unimplemented {
				r.Errorf("a signature of zkLogin: %v", err)
			}
			return err
		},
		"nameService.lookupName": func() error {
			_, err := r.names.LookupName(r.Context(), &pb.LookupNameRequest{Name: ptr("a.sui")})
			return err
		},
		"nameService.reverseLookupName": func() error {
			_, err := r.names.ReverseLookupName(r.Context(), &pb.ReverseLookupNameRequest{Address: ptr(r.alice.Address().String())})
			return err
		},
	}
}

// bcsU64 is a u64 in BCS.
type bcsU64 uint64

// MarshalBCS appends the number.
func (n bcsU64) MarshalBCS(e *bcs.Encoder) { e.U64(uint64(n)) }
