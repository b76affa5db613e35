// Command protogen compiles a .proto file of ours to Go, without protoc: the
// files that it imports come from the stubs linked into this program. Run it by
// `go generate ./sdk/sui/suirpc/rpcpb`.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/bufbuild/protocompile"
	"google.golang.org/protobuf/cmd/protoc-gen-go/internal_gengo"
	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/pluginpb"

	_ "google.golang.org/protobuf/types/known/emptypb"

	_ "github.com/block-vision/sui-go-sdk/pb/sui/rpc/v2"
)

// stubs is the Go package of the files under sui/rpc/v2.
const stubs = "github.com/block-vision/sui-go-sdk/pb/sui/rpc/v2"

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: protogen FILE.proto")
		os.Exit(2)
	}
	if err := generate(os.Args[1]); err != nil {
		fmt.Fprintf(os.Stderr, "protogen: %v\n", err)
		os.Exit(1)
	}
}

// generate writes FILE.pb.go beside FILE.proto. The file is registered as
// floe/suirpc/v2/FILE.proto, a path that no other stub has.
func generate(source string) error {
	const prefix = "floe/suirpc/v2/"
	path := prefix + filepath.Base(source)
	compiler := protocompile.Compiler{
		SourceInfoMode: protocompile.SourceInfoStandard,
		Resolver: protocompile.CompositeResolver{
			&protocompile.SourceResolver{Accessor: protocompile.SourceAccessorFromMap(map[string]string{path: read(source)})},
			protocompile.ResolverFunc(linkedIn),
		},
	}
	files, err := compiler.Compile(context.Background(), path)
	if err != nil {
		return err
	}
	req := &pluginpb.CodeGeneratorRequest{FileToGenerate: []string{path}}
	var parameters []string
	seen := map[string]bool{}
	var add func(fd protoreflect.FileDescriptor)
	add = func(fd protoreflect.FileDescriptor) {
		if seen[fd.Path()] {
			return
		}
		seen[fd.Path()] = true
		for i := range fd.Imports().Len() {
			add(fd.Imports().Get(i).FileDescriptor)
		}
		req.ProtoFile = append(req.ProtoFile, descriptor(fd))
		if strings.HasPrefix(fd.Path(), "sui/rpc/v2/") {
			parameters = append(parameters, "M"+fd.Path()+"="+stubs)
		}
	}
	add(files[0])
	req.Parameter = proto.String(strings.Join(parameters, ","))
	plugin, err := protogen.Options{}.New(req)
	if err != nil {
		return err
	}
	internal_gengo.GenerateFile(plugin, plugin.FilesByPath[path])
	res := plugin.Response()
	if res.Error != nil {
		return fmt.Errorf("generate %s: %s", source, *res.Error)
	}
	out := strings.TrimSuffix(source, ".proto") + ".pb.go"
	return os.WriteFile(out, []byte(res.File[0].GetContent()), 0o644)
}

// descriptor keeps comments, which become doc comments.
func descriptor(fd protoreflect.FileDescriptor) *descriptorpb.FileDescriptorProto {
	if r, ok := fd.(interface {
		FileDescriptorProto() *descriptorpb.FileDescriptorProto
	}); ok {
		return r.FileDescriptorProto()
	}
	return protodesc.ToFileDescriptorProto(fd)
}

func linkedIn(path string) (protocompile.SearchResult, error) {
	fd, err := protoregistry.GlobalFiles.FindFileByPath(path)
	return protocompile.SearchResult{Desc: fd}, err
}

func read(path string) string {
	raw, err := os.ReadFile(path)
	if err != nil {
		fmt.Fprintf(os.Stderr, "protogen: %v\n", err)
		os.Exit(1)
	}
	return string(raw)
}
