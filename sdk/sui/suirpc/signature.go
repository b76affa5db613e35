package suirpc

import (
	"context"
	"fmt"

	pb "github.com/block-vision/sui-go-sdk/pb/sui/rpc/v2"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
)

// VerifyPersonalMessage has the full node verify a wallet's signature over a
// message; it returns sui.ErrSignature (wrapped, with the node's reason) when
// the signature is not that of the address. It is needed for zkLogin only:
// other schemes verify without a network, by [sui.Signature].
func (c *Client) VerifyPersonalMessage(ctx context.Context, addr sui.Address, message []byte, sig sui.Signature) error {
	const what = "verify signature"
	e := bcs.NewEncoder()
	e.Bytes(message)
	name, address := "PersonalMessage", addr.String()
	res, err := read(ctx, c, what, c.verify.VerifySignature, &pb.VerifySignatureRequest{
		Message:   &pb.Bcs{Name: &name, Value: e.Data()},
		Signature: &pb.UserSignature{Bcs: &pb.Bcs{Value: sig}},
		Address:   &address,
	})
	if err != nil {
		return err
	}
	if !res.GetIsValid() {
		return fmt.Errorf("%s: %w: %s", what, sui.ErrSignature, res.GetReason())
	}
	return nil
}
