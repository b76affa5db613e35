import assert from 'node:assert/strict';
import { bcs } from '@mysten/sui/bcs';
import { fromHex } from '@mysten/sui/utils';

const Server = bcs.struct('KeyServer', { id: bcs.Address, first: bcs.u64(), last: bcs.u64() });
const V1 = bcs.struct('V1', { name: bcs.string(), url: bcs.string(), keyType: bcs.u8(), pk: bcs.byteVector() });
const V2 = bcs.struct('V2', { name: bcs.string(), keyType: bcs.u8(), pk: bcs.byteVector(), kind: bcs.u8(), url: bcs.string() });

// scriptedChain answers the two calls that npm's Seal client makes, for tests of the
// key servers alone. Even servers are of layout 1, odd ones of layout 2.
export function scriptedChain(servers) {
	const find = (id) => servers.findIndex((s) => s.objectId === id);
	return {
		core: {
			async getObject({ objectId }) {
				const i = find(objectId);
				if (i < 0) return { object: { objectId, version: '1' } };
				const layout = (i % 2) + 1;
				return { object: { objectId, version: '1', content: Server.serialize({ id: objectId, first: layout, last: layout }).toBytes() } };
			},
			async getDynamicField({ parentId, name }) {
				const i = find(parentId);
				const layout = (i % 2) + 1;
				assert.equal(bcs.u64().parse(name.bcs), String(layout));
				const { name: serverName = 'server', url, pk } = servers[i];
				const fields = { name: serverName, url, keyType: 0, pk: fromHex(pk), kind: 0 };
				return { dynamicField: { value: { bcs: (layout === 1 ? V1 : V2).serialize(fields).toBytes() } } };
			},
		},
	};
}
