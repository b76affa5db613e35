package chain

import (
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// refusedMethods are the methods of the stubs that the chain does not have.
var refusedMethods = map[string]bool{
	"sui.rpc.v2.NameService/LookupName":        true,
	"sui.rpc.v2.NameService/ReverseLookupName": true,
}

// Every method that sui-go-sdk's stubs know is answered, or refused by name.
func TestStubs(t *testing.T) {
	c := openTest(t, t.TempDir(), newTestClock())
	defer c.Close()
	conn, _ := serveTest(t, c)
	served, refused := 0, 0
	protoregistry.GlobalFiles.RangeFilesByPackage("sui.rpc.v2", func(fd protoreflect.FileDescriptor) bool {
		for i := range fd.Services().Len() {
			methods := fd.Services().Get(i).Methods()
			for j := range methods.Len() {
				m := methods.Get(j)
				name := string(m.Parent().FullName()) + "/" + string(m.Name())
				if m.IsStreamingServer() {
					continue // TestSubscribe
				}
				in, out := newMessage(t, m.Input()), newMessage(t, m.Output())
				err := conn.Invoke(t.Context(), "/"+name, in, out)
				switch code := status.Code(err); {
				case refusedMethods[name] && code == codes.Unimplemented && strings.Contains(err.Error(), name):
					refused++
				case refusedMethods[name] || code == codes.Unimplemented || code == codes.Internal:
					t.Errorf("%s: %v", name, err)
				default:
					served++
				}
			}
		}
		return true
	})
	if served != 19 || refused != len(refusedMethods) {
		t.Errorf("%d methods are served and %d refused; want 19 and %d", served, refused, len(refusedMethods))
	}
}

func newMessage(t *testing.T, d protoreflect.MessageDescriptor) proto.Message {
	t.Helper()
	typ, err := protoregistry.GlobalTypes.FindMessageByName(d.FullName())
	if err != nil {
		t.Fatal(err)
	}
	return typ.New().Interface()
}
