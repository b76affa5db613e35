package chain

import (
	"context"
	"errors"
	"net/http"

	"connectrpc.com/connect"
	pb "github.com/block-vision/sui-go-sdk/pb/sui/rpc/v2"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
)

func (c *Chain) registerSignatures(mux *http.ServeMux, opts connect.HandlerOption) {
	unary(mux, opts, "SignatureVerificationService/VerifySignature", c.verifySignature)
}

// verifySignature checks a signature of a simple scheme. A signature that does
// not verify is an answer, not an error.
func (c *Chain) verifySignature(_ context.Context, req *pb.VerifySignatureRequest) (*pb.VerifySignatureResponse, error) {
	sig, err := parseSignature(req.GetSignature())
	if err != nil {
		return nil, invalid("invalid signature: %v", err)
	}
	signer, err := verifyMessage(req.GetMessage(), sig)
	if connect.CodeOf(err) == connect.CodeInvalidArgument {
		return nil, err
	}
	if errors.Is(err, sui.ErrScheme) {
		return nil, connect.NewError(connect.CodeUnimplemented, err)
	}
	if err == nil && req.Address != nil {
		address, parseErr := parseAddress("address", *req.Address)
		if parseErr != nil {
			return nil, invalid("%v", parseErr)
		}
		err = sui.VerifyBy(address, signer)
	}
	if err != nil {
		return &pb.VerifySignatureResponse{IsValid: ptr(false), Reason: ptr(err.Error())}, nil
	}
	return &pb.VerifySignatureResponse{IsValid: ptr(true)}, nil
}

// verifyMessage verifies a signature over a named message: PersonalMessage (the
// BCS of a vector<u8>) or TransactionData.
func verifyMessage(msg *pb.Bcs, sig sui.Signature) (sui.Address, error) {
	switch msg.GetName() {
	case "PersonalMessage":
		d := bcs.NewDecoder(msg.GetValue())
		text := d.Bytes()
		if err := d.Finish(); err != nil {
			return sui.Address{}, invalid("invalid message: a PersonalMessage is the BCS of a vector<u8>: %v", err)
		}
		return sig.VerifyPersonalMessage(text)
	case "TransactionData":
		return sig.VerifyTransaction(msg.GetValue())
	}
	return sui.Address{}, invalid("invalid message.name %q: want PersonalMessage or TransactionData", clip(msg.GetName()))
}

// parseSignature reads a user signature from its bytes or its parts.
func parseSignature(in *pb.UserSignature) (sui.Signature, error) {
	if raw := in.GetBcs().GetValue(); len(raw) > 0 {
		return sui.Signature(raw), nil
	}
	simple := in.GetSimple()
	if simple == nil {
		return nil, errors.New("send the serialized signature in bcs")
	}
	if simple.GetScheme() < 0 || simple.GetScheme() > 2 {
		return nil, errors.New("scheme is not a simple one")
	}
	out := append(sui.Signature{byte(simple.GetScheme())}, simple.Signature...)
	return append(out, simple.PublicKey...), nil
}
