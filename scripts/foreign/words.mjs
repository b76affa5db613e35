// Asks a key server as the unmodified npm client @mysten/seal does, with one
// thing changed on the way, and prints what came back and what the client makes
// of it. usage: node words.mjs <config.json>; see words_test.go.
import { readFileSync } from 'node:fs';
import { SealClient, SessionKey } from '@mysten/seal';
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { Transaction } from '@mysten/sui/transactions';
import { fromHex } from '@mysten/sui/utils';
import { scriptedChain } from './chain.mjs';

const cfg = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const suiClient = scriptedChain(cfg.servers);
const signer = Ed25519Keypair.fromSecretKey(new Uint8Array(32).fill(7));

// Programs that npm builds; those with a name only are what Seal refuses.
function program({ ids, program, packageId = cfg.packageId }) {
	const tx = new Transaction();
	const vector = (id) => tx.pure.vector('u8', fromHex(id));
	const call = (name, ...args) => tx.moveCall({ target: `${packageId}::any::${name}`, arguments: args });
	const build = {
		approve: () => ids.forEach((id) => call('seal_approve', vector(id))),
		suffix: () => ids.forEach((id) => call('seal_approve_more', vector(id))),
		hundred: () => Array.from({ length: 100 }, () => call('seal_approve', vector(ids[0]))),
		tooMany: () => Array.from({ length: 101 }, () => call('seal_approve', vector(ids[0]))),
		empty: () => {},
		otherFunction: () => call('approve', vector(ids[0])),
		otherPackage: () => { call('seal_approve', vector(ids[0])); tx.moveCall({ target: `0xcc::any::seal_approve`, arguments: [vector(ids[0])] }); },
		coinsFirst: () => { tx.splitCoins(tx.gas, [1]); call('seal_approve', vector(ids[0])); },
		coinsLast: () => { call('seal_approve', vector(ids[0])); tx.splitCoins(tx.gas, [1]); },
		result: () => { const r = call('seal_approve', vector(ids[0])); call('seal_approve', vector(ids[0]), r); },
		noArguments: () => { call('seal_approve', vector(ids[0])); call('seal_approve'); },
		object: () => call('seal_approve', tx.sharedObjectRef({ objectId: '0x6', initialSharedVersion: 1, mutable: false })),
		number: () => call('seal_approve', tx.pure.u64(3)),
	};
	build[program ?? 'approve']();
	return tx.build({ onlyTransactionKind: true });
}

// change applies the case to what npm is about to send.
function change(c, url, init) {
	const headers = new Headers(init.headers);
	for (const [name, value] of Object.entries(c.header ?? {})) value === null ? headers.delete(name) : headers.set(name, value);
	let body = init.body;
	if (body) {
		const json = JSON.parse(body);
		for (const [path, value] of Object.entries(c.body ?? {})) {
			const [head, tail] = path.split('.');
			tail ? (json[head][tail] = value) : (json[head] = value);
		}
		body = c.raw ?? JSON.stringify(json);
		if (c.padTo) body = body.padEnd(c.padTo);
	}
	if (c.serviceId !== undefined) url = url.replace(/service_id=.*/, `service_id=${c.serviceId}`);
	return [url, { ...init, headers, body }];
}

const told = [];
for (const c of cfg.cases) {
	const answer = {};
	const client = new SealClient({
		suiClient, serverConfigs: [{ objectId: cfg.servers[c.server ?? 0].objectId, weight: 1 }], verifyKeyServers: c.serviceId !== undefined,
		fetch: async (url, init) => {
			const response = await fetch(...change(c, url, init));
			const text = await response.clone().text();
			Object.assign(answer, { status: response.status, contentType: response.headers.get('content-type'), text, headers: Object.fromEntries(response.headers) });
			return response;
		},
	});
	try {
		if (c.serviceId !== undefined) {
			await client.getKeyServers();
		} else {
			const sessionKey = await SessionKey.create({ address: signer.toSuiAddress(), packageId: cfg.packageId, ttlMin: 10, signer, suiClient });
			await client.fetchKeys({ ids: [c.ids[0]], txBytes: await program(c), sessionKey, threshold: 1 });
		}
	} catch (error) {
		Object.assign(answer, { class: error.constructor.name, message: error.message });
	}
	told.push(answer);
}
console.log(JSON.stringify(told));
