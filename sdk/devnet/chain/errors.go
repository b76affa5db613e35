package chain

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"

	"connectrpc.com/connect"
	bolterrors "go.etcd.io/bbolt/errors"
)

// errDiskFull says that a commit did not fit on the disk; nothing of it stays.
var errDiskFull = errors.New("the chain's disk is full: free some space and send the transaction again")

// errClosed says that the chain has been closed.
var errClosed = errors.New("chain is closed")

var errSubscriptions = errors.New("too many existing subscriptions")

// isDiskFull reports whether err comes from a disk, quota or file size limit.
// bbolt drops the error number of a failed resize, so the text counts too.
func isDiskFull(err error) bool {
	for _, errno := range []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG} {
		if errors.Is(err, errno) || strings.HasSuffix(err.Error(), errno.Error()) {
			return true
		}
	}
	return false
}

// invalid is an INVALID_ARGUMENT error.
func invalid(format string, args ...any) error {
	return connect.NewError(connect.CodeInvalidArgument, fmt.Errorf(format, args...))
}

// notFound is a NOT_FOUND error.
func notFound(format string, args ...any) error {
	return connect.NewError(connect.CodeNotFound, fmt.Errorf(format, args...))
}

// rpcError gives an error of the ledger or sequencer its gRPC code.
func rpcError(err error) error {
	var coded *connect.Error
	switch {
	case err == nil, errors.As(err, &coded):
		return err
	case errors.Is(err, errNotFound):
		return connect.NewError(connect.CodeNotFound, err)
	case errors.Is(err, errDiskFull):
		return connect.NewError(connect.CodeResourceExhausted, err)
	case errors.Is(err, errClosed), errors.Is(err, bolterrors.ErrDatabaseNotOpen):
		return connect.NewError(connect.CodeUnavailable, err)
	case errors.Is(err, context.Canceled):
		return connect.NewError(connect.CodeCanceled, err)
	case errors.Is(err, context.DeadlineExceeded):
		return connect.NewError(connect.CodeDeadlineExceeded, err)
	}
	return connect.NewError(connect.CodeInternal, err)
}
