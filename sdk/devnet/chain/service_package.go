package chain

import (
	"bytes"
	"context"
	"net/http"

	"connectrpc.com/connect"
	pb "github.com/block-vision/sui-go-sdk/pb/sui/rpc/v2"

	"github.com/floe-data/floe/sdk/sui"
)

func (c *Chain) registerPackages(mux *http.ServeMux, opts connect.HandlerOption) {
	unary(mux, opts, "MovePackageService/GetPackage", c.getPackage)
	unary(mux, opts, "MovePackageService/GetDatatype", c.getDatatype)
	unary(mux, opts, "MovePackageService/GetFunction", c.getFunction)
	unary(mux, opts, "MovePackageService/ListPackageVersions", c.listPackageVersions)
}

// loading runs f with the package that a request names.
func (c *Chain) loading(id string, f func(*renderer, *loadedPackage) error) error {
	a, err := parseAddress("package_id", id)
	if err != nil {
		return invalid("%v", err)
	}
	return c.reading(func(r *renderer) error {
		p, err := c.types.load(r.v, a)
		if err != nil {
			return err
		}
		return f(r, p)
	})
}

func (c *Chain) getPackage(_ context.Context, req *pb.GetPackageRequest) (*pb.GetPackageResponse, error) {
	out := &pb.GetPackageResponse{}
	err := c.loading(req.GetPackageId(), func(r *renderer, p *loadedPackage) error {
		out.Package = r.pkg(p.pkg, &mask{all: true})
		return nil
	})
	return out, err
}

func (c *Chain) getDatatype(_ context.Context, req *pb.GetDatatypeRequest) (*pb.GetDatatypeResponse, error) {
	out := &pb.GetDatatypeResponse{}
	err := c.loading(req.GetPackageId(), func(r *renderer, p *loadedPackage) error {
		if _, err := p.datatype(req.GetModuleName(), req.GetName()); err != nil {
			return err
		}
		out.Datatype = r.describe(p, req.GetModuleName(), req.GetName())
		return nil
	})
	return out, err
}

func (c *Chain) getFunction(_ context.Context, req *pb.GetFunctionRequest) (*pb.GetFunctionResponse, error) {
	out := &pb.GetFunctionResponse{}
	err := c.loading(req.GetPackageId(), func(r *renderer, p *loadedPackage) error {
		m, err := p.module(req.GetModuleName())
		if err != nil {
			return err
		}
		i, ok := m.Function(req.GetName())
		if !ok {
			return notFound("function %s not found in module %s of package %s", clip(req.GetName()), m.Name(), p.pkg.ID)
		}
		out.Function = r.function(p, m, &m.Functions[i])
		return nil
	})
	return out, err
}

func (c *Chain) listPackageVersions(_ context.Context, req *pb.ListPackageVersionsRequest) (*pb.ListPackageVersionsResponse, error) {
	out := &pb.ListPackageVersionsResponse{}
	size := pageSize(req.PageSize)
	err := c.loading(req.GetPackageId(), func(r *renderer, p *loadedPackage) error {
		if req.PageToken != nil && !bytes.HasPrefix(req.PageToken, p.original[:]) {
			return invalid("page_token is not of this query: send the token of the last page with the same package_id")
		}
		var last []byte
		r.v.scan(bucketPackages, p.original[:], req.PageToken, func(k, id []byte) bool {
			if len(out.Versions) == size {
				out.NextPageToken = last
				return false
			}
			out.Versions = append(out.Versions, &pb.PackageVersion{
				PackageId: ptr(sui.Address(id).String()), Version: ptr(fromBE(k[32:]))})
			last = bytes.Clone(k)
			return true
		})
		return nil
	})
	return out, err
}
