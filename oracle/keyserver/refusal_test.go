package keyserver

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/floe-data/floe/oracle/sealhttp"
)

// The texts that Seal's key server sends, by type (specification of its HTTP
// API); clients tell refusals apart by type, and people read on.
func TestRefusalsBeginAsSeals(t *testing.T) {
	for typ, want := range map[string]struct {
		status int
		begins string
	}{
		"InvalidPTB":              {403, "Invalid PTB: "},
		"InvalidPackage":          {403, "Invalid package ID"},
		"NoAccess":                {403, "Access denied: "},
		"InvalidCertificate":      {403, "Invalid certificate time or ttl"},
		"InvalidSignature":        {403, "Invalid user signature"},
		"InvalidSessionSignature": {403, "Invalid session key signature"},
		"InvalidParameter":        {403, "Invalid parameter to PTB: "},
		"InvalidMVRName":          {403, "Invalid MVR name"},
		"InvalidSDKType":          {400, "Invalid SDK type"},
		"InvalidSDKVersion":       {400, "Invalid SDK version"},
		"InvalidServiceId":        {400, "Invalid service ID"},
		"UnsupportedPackageId":    {400, "Unsupported package ID"},
		"MissingRequiredHeader":   {400, "Missing required header: "},
		"DeprecatedSDKVersion":    {426, "Deprecated SDK version"},
		"Failure":                 {503, "Internal server error, please try again later"},
		"TooManyRequests":         {429, "Too many requests"},
	} {
		r := sealhttp.Refuse(typ, "code", "the rule", "the remedy")
		if r.HTTPStatus() != want.status || !strings.HasPrefix(r.Message, want.begins) || !strings.HasSuffix(r.Message, ": the rule; the remedy (code)") {
			t.Errorf("%s: HTTP %d %q", typ, r.HTTPStatus(), r.Message)
		}
	}
}

// refusalSources are the packages whose refusals key servers and aggregators
// give.
var refusalSources = []string{".", "../sealhttp", "../policy", "../accounts", "../limits", "../member", "../aggregate", "../../sdk/evidence"}

var codeFormat = regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`)

// Every refusal that stands in the sources has a code, says what would help,
// and is explained in the owner's manual.
func TestEveryRefusalHelps(t *testing.T) {
	manual, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	codes := map[string]bool{}
	for _, dir := range refusalSources {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			for code, remedy := range refusalsIn(t, file) {
				codes[code] = true
				if remedy == `""` && code != "cancelled" { // nobody reads that one
					t.Errorf("%s: %s has no remedy", file, code)
				}
			}
		}
	}
	if len(codes) < 50 {
		t.Errorf("%d codes were found in the sources: the search is broken", len(codes))
	}
	for _, code := range slices.Sorted(maps.Keys(codes)) {
		if !codeFormat.MatchString(code) {
			t.Errorf("code %q is not like others", code)
		}
		if !strings.Contains(string(manual), "`"+code+"`") {
			t.Errorf("oracle/README.md, section Refusals, does not explain %s", code)
		}
	}
}

// refusalsIn finds the codes in a file and what stands for their remedies:
// arguments of functions called refuse, and fields of literals.
func refusalsIn(t *testing.T, path string) map[string]string {
	t.Helper()
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	text := func(e ast.Expr) string {
		if lit, ok := e.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			return lit.Value
		}
		return "computed"
	}
	add := func(code, remedy ast.Expr) {
		if c, err := strconv.Unquote(text(code)); err == nil {
			found[c] = text(remedy)
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			name := ""
			switch f := n.Fun.(type) {
			case *ast.Ident:
				name = f.Name
			case *ast.SelectorExpr:
				name = f.Sel.Name
			}
			if strings.EqualFold(name, "refuse") && len(n.Args) >= 3 { // (type,) code, rule, remedy
				add(n.Args[len(n.Args)-3], n.Args[len(n.Args)-1])
			}
			if name == "denied" && len(n.Args) == 6 { // code first, remedy from the others
				add(n.Args[0], n.Args[1])
			}
			if name == "take" && len(n.Args) == 6 {
				add(n.Args[4], n.Args[5])
			}
		case *ast.CompositeLit:
			var code, remedy ast.Expr
			for _, e := range n.Elts {
				if kv, ok := e.(*ast.KeyValueExpr); ok {
					switch key, _ := kv.Key.(*ast.Ident); {
					case key == nil:
					case key.Name == "Code":
						code = kv.Value
					case key.Name == "Remedy":
						remedy = kv.Value
					}
				}
			}
			if code != nil && remedy != nil {
				add(code, remedy)
			}
		case *ast.ValueSpec: // constants CodeX = "x"
			for i, name := range n.Names {
				if strings.HasPrefix(name.Name, "Code") && i < len(n.Values) {
					add(n.Values[i], n.Values[i])
				}
			}
		}
		return true
	})
	return found
}
