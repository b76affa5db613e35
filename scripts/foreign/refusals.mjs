// Asks each of some key servers twice for a key with the unmodified npm client
// @mysten/seal, and prints what its users are told. usage: node refusals.mjs
// <config.json>; see refusals_test.go.
import { readFileSync } from 'node:fs';
import { SealClient, SessionKey } from '@mysten/seal';
import { bcs } from '@mysten/sui/bcs';
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { Transaction } from '@mysten/sui/transactions';
import { fromHex } from '@mysten/sui/utils';

const cfg = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const Server = bcs.struct('KeyServer', { id: bcs.Address, first: bcs.u64(), last: bcs.u64() });
const V1 = bcs.struct('V1', { name: bcs.string(), url: bcs.string(), keyType: bcs.u8(), pk: bcs.byteVector() });
const find = (id) => cfg.servers.find((s) => s.objectId === id);
const suiClient = {
	core: {
		async getObject({ objectId }) {
			const object = { objectId, version: '1' };
			return { object: find(objectId) ? { ...object, content: Server.serialize({ id: objectId, first: 1, last: 1 }).toBytes() } : object };
		},
		async getDynamicField({ parentId }) {
			const { url, pk } = find(parentId);
			return { dynamicField: { value: { bcs: V1.serialize({ name: 'server', url, keyType: 0, pk: fromHex(pk) }).toBytes() } } };
		},
	},
};

const tx = new Transaction();
tx.moveCall({ target: `${cfg.packageId}::any::seal_approve`, arguments: [tx.pure.vector('u8', fromHex(cfg.id))] });
const txBytes = await tx.build({ onlyTransactionKind: true });
const signer = new Ed25519Keypair();
const told = {};
for (const { objectId } of cfg.servers) {
	told[objectId] = [];
	for (let i = 0; i < 2; i++) {
		const client = new SealClient({ suiClient, serverConfigs: [{ objectId, weight: 1 }], verifyKeyServers: false });
		const sessionKey = await SessionKey.create({ address: signer.toSuiAddress(), packageId: cfg.packageId, ttlMin: 10, signer, suiClient });
		try {
			await client.fetchKeys({ ids: [cfg.id], txBytes, sessionKey, threshold: 1 });
			told[objectId].push({ name: '', message: '' });
		} catch (error) {
			told[objectId].push({ name: error.constructor.name, message: error.message });
		}
	}
}
console.log(JSON.stringify(told));
