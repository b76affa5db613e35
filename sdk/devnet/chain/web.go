package chain

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"strings"
)

// The content types of gRPC-web. Browsers and npm @mysten/sui send the text
// form, which is the binary form in base64; connect-go serves the binary one.
const (
	webBinary = "application/grpc-web+proto"
	webText   = "application/grpc-web-text"
)

// serveText adds gRPC-web-text to a handler that speaks binary gRPC-web.
func serveText(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		contentType := r.Header.Get("Content-Type")
		if contentType != webText && contentType != webText+"+proto" {
			next.ServeHTTP(w, r)
			return
		}
		r = r.Clone(r.Context())
		r.Header.Set("Content-Type", webBinary)
		r.Header.Set("Accept", webBinary)
		r.ContentLength = -1
		r.Header.Del("Content-Length")
		r.Body = struct {
			io.Reader
			io.Closer
		}{&groupDecoder{src: r.Body}, r.Body}
		tw := &textWriter{ResponseWriter: w, contentType: contentType}
		next.ServeHTTP(tw, r)
		tw.flushText()
	})
}

// groupDecoder decodes base64 in groups of four characters, so that padding
// may stand at the end of every piece that a client sent.
type groupDecoder struct {
	src   io.Reader
	rest  []byte // characters of an unfinished group
	ready []byte // decoded and not yet read
	err   error
}

var errBase64 = errors.New("request body is not valid base64: gRPC-web-text needs groups of four characters")

func (d *groupDecoder) Read(p []byte) (int, error) {
	buf := make([]byte, 4096)
	for len(d.ready) == 0 && d.err == nil {
		n, err := d.src.Read(buf)
		if bytes.ContainsAny(buf[:n], "\r\n") { // encoding/base64 would skip them, and groups shift
			d.err = errBase64
			break
		}
		d.rest = append(d.rest, buf[:n]...)
		d.decodeGroups()
		if err != nil && d.err == nil {
			d.err = err
			if err == io.EOF && len(d.rest) > 0 {
				d.err = errBase64
			}
		}
	}
	if len(d.ready) > 0 {
		n := copy(p, d.ready)
		d.ready = d.ready[n:]
		return n, nil
	}
	return 0, d.err
}

// decodeGroups moves every complete group from rest to ready.
func (d *groupDecoder) decodeGroups() {
	whole := len(d.rest) / 4 * 4
	for i := 0; i < whole; {
		end := whole // one run up to the next padded group
		if pad := bytes.IndexByte(d.rest[i:whole], '='); pad >= 0 {
			end = i + pad/4*4 + 4
		}
		out, err := base64.StdEncoding.AppendDecode(d.ready, d.rest[i:end])
		if err != nil {
			d.err = errBase64
			return
		}
		d.ready, i = out, end
	}
	d.rest = append(d.rest[:0], d.rest[whole:]...)
}

// textWriter encodes what the handler writes; each flush ends a padded piece,
// which clients decode on their own.
type textWriter struct {
	http.ResponseWriter
	contentType string
	pending     bytes.Buffer
	wrote       bool
}

func (w *textWriter) WriteHeader(code int) {
	if !w.wrote {
		w.wrote = true
		if strings.HasPrefix(w.Header().Get("Content-Type"), "application/grpc-web") {
			w.Header().Set("Content-Type", w.contentType)
		}
		w.Header().Del("Content-Length")
	}
	w.ResponseWriter.WriteHeader(code)
}

func (w *textWriter) Write(p []byte) (int, error) {
	if !w.wrote {
		w.WriteHeader(http.StatusOK)
	}
	return w.pending.Write(p)
}

// Flush sends what is pending; connect flushes after each streamed message.
func (w *textWriter) Flush() {
	if !w.wrote {
		w.WriteHeader(http.StatusOK) // a stream that only opens
	}
	w.flushText()
	if f, ok := w.ResponseWriter.(http.Flusher); ok {
		f.Flush()
	}
}

func (w *textWriter) flushText() {
	if w.pending.Len() == 0 {
		return
	}
	out := base64.StdEncoding.AppendEncode(nil, w.pending.Bytes())
	w.pending.Reset()
	_, _ = w.ResponseWriter.Write(out) // a client that went away is seen by the handler's context
}
