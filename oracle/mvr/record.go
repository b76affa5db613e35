package mvr

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
)

// appInfo is app_info::AppInfo.
type appInfo struct {
	info *sui.Address // PackageInfo object
	pkg  *sui.Address
}

// record is what matters of app_record::AppRecord.
type record struct {
	main     *appInfo // on the registry's own chain
	networks map[string]appInfo
}

// parseRecord reads a dynamic field of the registry's table, which must be that
// of the name: id, name Name, value AppRecord {app_cap_id, ns_nft_id, app_info
// Option<AppInfo>, networks VecMap<String, AppInfo>, metadata VecMap<String,
// String>, storage UID}.
func parseRecord(obj *sui.Object, id sui.Address, n *name) (*record, error) {
	if obj.Move == nil || obj.Move.Type.Module != "dynamic_field" || obj.Move.Type.Name != "Field" || len(obj.Move.Type.Params) != 2 ||
		!isType(obj.Move.Type.Params[1], "app_record", "AppRecord") {
		return nil, fmt.Errorf("object %s is no record of the registry", id)
	}
	d := bcs.NewDecoder(obj.Move.Contents)
	if address(d) != id {
		return nil, fmt.Errorf("record %s has another id", id)
	}
	if key := n.bytes(); !bytes.Equal(d.Fixed(len(key)), key) {
		return nil, fmt.Errorf("record %s is that of another name", id)
	}
	r := &record{networks: map[string]appInfo{}}
	address(d)
	address(d)
	if d.Option() {
		main := parseInfo(d)
		r.main = &main
	}
	eachEntry(d, func(key string) { r.networks[key] = parseInfo(d) })
	eachEntry(d, func(string) { _ = d.String() })
	address(d)
	if err := d.Finish(); err != nil {
		return nil, fmt.Errorf("parse record %s: %w", id, err)
	}
	return r, nil
}

// parseInfo reads {package_info_id, package_address, upgrade_cap_id}, options
// all.
func parseInfo(d *bcs.Decoder) (a appInfo) {
	for _, to := range []**sui.Address{&a.info, &a.pkg, new(*sui.Address)} {
		if d.Option() {
			*to = new(address(d))
		}
	}
	return a
}

// packageInfo is what matters of package_info::PackageInfo.
type packageInfo struct {
	pkg      sui.Address
	metadata map[string]string
}

// parsePackageInfo reads {id, display of five strings, upgrade_cap_id,
// package_address, metadata VecMap<String, String>, git_versioning Table}.
func parsePackageInfo(obj *sui.Object, id sui.Address) (*packageInfo, error) {
	if obj.Move == nil || obj.Move.Type.Module != "package_info" || obj.Move.Type.Name != "PackageInfo" {
		return nil, fmt.Errorf("%w: object %s is no PackageInfo", ErrName, id)
	}
	d := bcs.NewDecoder(obj.Move.Contents)
	if address(d) != id {
		return nil, fmt.Errorf("PackageInfo %s has another id", id)
	}
	for range 5 {
		_ = d.String()
	}
	address(d)
	info := &packageInfo{pkg: address(d), metadata: map[string]string{}}
	eachEntry(d, func(key string) { info.metadata[key] = d.String() })
	address(d)
	d.U64()
	if err := d.Finish(); err != nil {
		return nil, fmt.Errorf("parse PackageInfo %s: %w", id, err)
	}
	return info, nil
}

// eachEntry reads a VecMap with strings for keys; each reads a value.
func eachEntry(d *bcs.Decoder, each func(key string)) {
	seen := map[string]bool{}
	n := d.Length(2)
	for i := 0; i < n && d.Err() == nil; i++ {
		key := d.String()
		if seen[key] {
			d.Fail(errors.New("a key stands twice in a map"))
			return
		}
		seen[key] = true
		each(key)
	}
}

func address(d *bcs.Decoder) (a sui.Address) {
	d.Into(a[:])
	return a
}

func isType(t sui.TypeTag, module, name string) bool {
	return t.Kind == sui.KindStruct && t.Struct.Module == module && t.Struct.Name == name
}
