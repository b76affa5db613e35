package contract

// An Abort is a code with which a function of our contracts stops, and what it
// means. Code is unique within Module, Module within our packages.
type Abort struct {
	Package string // storage, catalog, access, key_server or framework
	Module  string
	Code    uint64
	Name    string // of the constant in the Move source
	Text    string // why, in plain words
	remedy  remedy
}

// AbortStaleFullnode is the abort code of time::check_staleness: the full node
// lags behind. Key servers tell it apart from a refusal.
const AbortStaleFullnode = 93492

// remedy says what would help; Situation may be empty.
type remedy func(Situation) string

func do(s string) remedy { return func(Situation) string { return s } }

// Remedy says what would help, as specifically as the situation allows.
func (a Abort) Remedy(s Situation) string {
	if a.remedy == nil {
		return ""
	}
	return a.remedy(s)
}

// Remedies that several aborts share.
var (
	upgradeClient  = do("update floe; the contracts on this network are newer than it is")
	fixCommittee   = do("correct the committee and set it again")
	collectAgain   = do("collect confirmations from the storage nodes again: run the same floe publish once more")
	isABug         = do("this is a defect of the client that built the transaction; please report it")
	fixMeasurement = do("give the registers 0, 1 and 2, and any of 3, 4, 8 and 16 to 31, ascending, each with its 48 bytes")
	findCapability = do("sign with the key that holds the matching capability")
)

// aborts are all codes of our contracts, each module in the order of its
// constants. A test compares them with the Move sources.
var aborts = []Abort{
	// Storage.
	{Storage, "system", 0, "EWrongVersion", "the storage system belongs to another version of the contract", upgradeClient},
	{Storage, "system", 1, "ENotAdmin", "the capability is not the storage system's", findCapability},
	{Storage, "system", 2, "EEpochNotAfter", "the new committee's epoch is not after the current one", do("give the committee a later epoch")},
	{Storage, "system", 3, "ENoCommittee", "the network has no storage nodes yet", do("ask the network's administrator to set the storage committee")},
	{Storage, "system", 4, "EAlreadyMigrated", "the storage system is of this version already", do("nothing needs to be done")},
	{Storage, "system", 5, "EAlreadyExpired", "the blob's expiry is recorded already", do("nothing needs to be done")},

	{Storage, "blob", 0, "EInvalidEncoding", "the encoding is not RS2, the only one that storage nodes accept", isABug},
	{Storage, "blob", 1, "EInvalidEndEpoch", "the blob would end in the current storage epoch or before", do("choose a later end epoch")},
	{Storage, "blob", 2, "EInvalidBlobId", "the blob id does not belong to the root hash and the size", isABug},
	{Storage, "blob", 3, "EBlobIdMismatch", "the certificate is for another blob", isABug},
	{Storage, "blob", 4, "EAlreadyCertified", "the blob is certified already", do("go on without certifying it: run the same floe publish once more")},
	{Storage, "blob", 5, "EExpired", "the time for which the blob was registered is over", do("register the blob again with a later end epoch")},
	{Storage, "blob", 6, "EPersistenceMismatch", "the blob is permanent and its certificate is for a deletable one, or the other way round", collectAgain},
	{Storage, "blob", 7, "EObjectIdMismatch", "the certificate is for another registration of the same data", collectAgain},
	{Storage, "blob", 8, "ENotCertified", "the blob is not certified, so there is nothing to extend", do("certify the blob first: run the same floe publish once more")},
	{Storage, "blob", 9, "EInvalidExtension", "the new end is not after the present one", do("choose a later end epoch")},
	{Storage, "blob", 10, "ENotDeletable", "the blob is permanent: nobody can delete it before its end", do("wait for its end; keys can be withheld at once by narrowing the policy")},
	{Storage, "blob", 11, "ENotExpired", "the blob's last epoch is not over yet", do("wait until the storage epoch reaches the blob's end")},

	{Storage, "committee", 0, "EInvalidMembers", "the committee has no members, or a member lacks its name, address, key, proof or shards", fixCommittee},
	{Storage, "committee", 1, "EEmptyName", "a storage node has no name or no address", fixCommittee},
	{Storage, "committee", 2, "EDuplicateName", "two storage nodes have the same name", fixCommittee},
	{Storage, "committee", 3, "EInvalidPublicKey", "a storage node's public key is no BLS12-381 key of 48 bytes", fixCommittee},
	{Storage, "committee", 4, "EDuplicatePublicKey", "two storage nodes have the same public key", fixCommittee},
	{Storage, "committee", 5, "EInvalidProofOfPossession", "a storage node did not prove that it holds the secret of its key", do("have the node sign its proof for this epoch and for the account that sets the committee")},
	{Storage, "committee", 6, "ENoShards", "a storage node holds no shard", fixCommittee},
	{Storage, "committee", 7, "EInvalidShardCount", "there are fewer than 4 or more than 65535 shards", fixCommittee},
	{Storage, "committee", 8, "EShardOutOfRange", "a shard's number is not below the number of shards", fixCommittee},
	{Storage, "committee", 9, "EDuplicateShard", "a shard is assigned twice", fixCommittee},
	{Storage, "committee", 10, "EInvalidBitmap", "the certificate names signers that the committee does not have", collectAgain},
	{Storage, "committee", 11, "ENotEnoughWeight", "the storage nodes that signed hold too few of the shards", do("wait until more storage nodes are reachable and run the same floe publish once more")},
	{Storage, "committee", 12, "EInvalidSignature", "the storage nodes' signature is not valid", collectAgain},

	{Storage, "messages", 0, "EMessageTooShort", "the message that the storage nodes signed is cut short", collectAgain},
	{Storage, "messages", 1, "EInvalidVersion", "the message that the storage nodes signed has an unknown version", isABug},
	{Storage, "messages", 2, "EInvalidApp", "the message that the storage nodes signed is not for storage", isABug},
	{Storage, "messages", 3, "EEpochMismatch", "the storage nodes signed for another epoch than the current one", collectAgain},
	{Storage, "messages", 4, "EInvalidType", "the message that the storage nodes signed certifies no blob", isABug},
	{Storage, "messages", 5, "EInvalidPersistence", "the message that the storage nodes signed is neither for a permanent nor for a deletable blob", isABug},

	// Catalog.
	{Catalog, "catalog", 0, "EInvalidName", "the dataset's name is empty or longer than 128 bytes", do("choose a shorter name")},
	{Catalog, "catalog", 1, "EWrongCap", "the capability is another dataset's", findCapability},
	{Catalog, "catalog", 2, "EInvalidDigest", "the manifest's digest is not 32 bytes long", isABug},
	{Catalog, "catalog", 3, "EBlobNotCertified", "a blob of the version is not certified", do("certify every blob first: run the same floe publish once more")},
	{Catalog, "catalog", 4, "EDuplicateBlob", "the version holds the same blob twice", do("publish each content once")},
	{Catalog, "catalog", 5, "EManifestNotIncluded", "the manifest's blob is not among the blobs of the version", isABug},
	{Catalog, "catalog", 6, "ENothingToExtend", "no blob of the version would end later than it does", do("choose a later end epoch")},
	{Catalog, "catalog", 7, "ENothingExpired", "no blob of the version has expired without being recorded", do("nothing needs to be done")},

	{Catalog, "lineage", 0, "EWrongCap", "the capability is another dataset's", findCapability},
	{Catalog, "lineage", 1, "EAlreadyRecorded", "the version is in the lineage already", do("nothing needs to be done; what is recorded is final")},
	{Catalog, "lineage", 2, "EUnknownVersion", "there is no such version in the lineage", do("record the version in the lineage first, its parents before it")},
	{Catalog, "lineage", 3, "EInvalidKind", "the kind is not 0 to 4", do("choose a kind from 0 to 4")},
	{Catalog, "lineage", 4, "EInvalidDigest", "a digest is not 32 bytes long", isABug},
	{Catalog, "lineage", 5, "EInvalidParents", "parents, their digests and their weights differ in number, or there are more than 32", do("name at most 32 parents, each with a digest and a weight")},
	{Catalog, "lineage", 6, "EDuplicateParent", "a parent is named twice", do("name each parent once and add up its weights")},
	{Catalog, "lineage", 7, "EParentDigestMismatch", "a parent's manifest has another digest than the child says", do("look the parents up again and name the digests of their manifests")},
	{Catalog, "lineage", 8, "EParentRevoked", "a parent is revoked", do("make the version again without the revoked parent")},
	{Catalog, "lineage", 9, "EInvalidWeights", "weights are 0, do not sum to 10,000 basis points, or a version without parents passes income on", do("choose weights above 0 that sum to 10000")},
	{Catalog, "lineage", 10, "EInvalidPayees", "there is no payee, there are more than 8 or not as many as weights, or one is named twice", do("name 1 to 8 different payees, each with a weight")},
	{Catalog, "lineage", 11, "ETooDeep", "the version would lie more than 16 edges above a version without parents", do("derive from versions that lie nearer to the original data, or choose a larger bound")},
	{Catalog, "lineage", 12, "ETooManyAncestors", "the version would have more than 64 ancestors", do("derive from fewer versions")},
	{Catalog, "lineage", 13, "ERevoked", "the version or an ancestor is revoked", do("use a version that is not revoked and was not derived from one that is")},
	{Catalog, "lineage", 14, "EOnHold", "the version or an ancestor is on hold", do("wait until the hold ends")},
	{Catalog, "lineage", 15, "ENotOnHold", "the version is not on hold", do("nothing needs to be done")},
	{Catalog, "lineage", 16, "ETooEarly", "the end of the hold was not announced, or its time has not come", do("announce the end of the hold and wait 3 days")},
	{Catalog, "lineage", 17, "EAlreadyCertified", "the blob is certified already: its origin can no longer be stated", do("register the manifest again and state its origin before certifying it")},
	{Catalog, "lineage", 18, "EOriginAlreadyBound", "the origin of the blob was stated already", do("nothing needs to be done; what is stated is final")},
	{Catalog, "lineage", 19, "EOriginOfAnotherDataset", "the origin was stated for another dataset", do("register the manifest again for this dataset")},
	{Catalog, "lineage", 20, "EInvalidRefundWindow", "the refund window is longer than 90 days", do("choose at most 90 days")},

	{Catalog, "consent", 0, "EInvalidDigest", "the digest of the consent record is not 32 bytes long", isABug},
	{Catalog, "consent", 1, "EInvalidEnd", "the consent would end before it begins", do("choose an end in the future")},
	{Catalog, "consent", 2, "ENotSubject", "the sender is not who gave the consent", do("sign with the key that gave the consent")},
	{Catalog, "consent", 3, "EWithdrawn", "the consent is withdrawn already", do("leave out what the consent was for")},
	{Catalog, "consent", 4, "EEnded", "the consent has ended", do("ask for consent again")},
	{Catalog, "consent", 5, "EWrongDataset", "the consent, or the capability, is another dataset's than the version", do("use the consent and the capability of the dataset that the version belongs to")},
	{Catalog, "consent", 6, "EAlreadyAttached", "the version depends on the consent already", do("nothing needs to be done")},
	{Catalog, "consent", 7, "ETooManyVersions", "64 versions depend on the consent; more would make withdrawing it too large", do("ask for a new consent")},
	{Catalog, "consent", 8, "EVersionRevoked", "the version is revoked", do("use a version that is not revoked")},

	{Catalog, "revenue", 0, "ENothingPaid", "the payment is 0", do("pay more than 0")},
	{Catalog, "revenue", 1, "ENotForSale", "the version is revoked or on hold", do("choose a version that is not revoked and not on hold; what was paid for this one can be refunded")},
	{Catalog, "revenue", 2, "EUnknownSale", "there is no such sale, or it is settled or refunded already", do("look the sale up: it may be settled or refunded already")},
	{Catalog, "revenue", 3, "EStillRefundable", "the refund window is not over yet", do("wait until the refund window is over")},
	{Catalog, "revenue", 4, "ENotRefundable", "the version is neither revoked nor on hold: there is no refund", do("refunds are for versions that are revoked or on hold")},
	{Catalog, "revenue", 5, "ENothingToClaim", "nothing is credited to the sender", do("claim with the account that is credited, from the treasury that the IncomeCredited events name")},

	{Catalog, "inference_log", 0, "EInvalidName", "the name is empty or longer than 128 bytes", do("choose a shorter name")},
	{Catalog, "inference_log", 1, "EWrongCap", "the capability is another log's", findCapability},
	{Catalog, "inference_log", 2, "EInvalidRoot", "the root is not 32 bytes long", isABug},
	{Catalog, "inference_log", 3, "EShrinks", "the log would shrink", do("commit to the whole log; it cannot shrink")},
	{Catalog, "inference_log", 4, "ENotGrown", "the log has the size already that is to be committed", do("nothing needs to be done")},
	{Catalog, "inference_log", 5, "EInconsistent", "the new tree does not begin with the committed one, or the proof is bad", do("prove consistency with the tree that is committed now; if that cannot be done the log was changed")},
	{Catalog, "inference_log", 6, "ENotIncluded", "the entry is not at this place of the committed tree, or the proof is bad", do("make the proof for the tree that is committed now")},
	{Catalog, "inference_log", 7, "ENotAService", "the version that the log is for is no inference service", do("name a version of kind 4, inference service")},
	{Catalog, "inference_log", 8, "ENotOwner", "the capability is not that of the service's dataset", findCapability},
	{Catalog, "inference_log", 9, "ENotAttested", "the service was not attested by an enclave of this configuration", do("attest the service first, by an enclave of this configuration")},
	{Catalog, "inference_log", 10, "EMustBeSigned", "the log is bound to enclaves: one must sign its heads", do("have an enclave of the configuration that the log is bound to sign the head")},
	{Catalog, "inference_log", 11, "EWrongConfig", "the log is not bound to this configuration", do("name the configuration that the log is bound to")},

	{Catalog, "measurement", 0, "EInvalidCount", "there are not as many indices as values, or more than 22", fixMeasurement},
	{Catalog, "measurement", 1, "EInvalidIndex", "indices are not ascending, 0, 1 and 2 are not among them, or one is not 0 to 4, 8 or 16 to 31", fixMeasurement},
	{Catalog, "measurement", 2, "EInvalidLength", "a value is not 48 bytes long", fixMeasurement},
	{Catalog, "measurement", 3, "EZeroValue", "a value is all zero, as in debug mode", do("measure the image as it runs outside debug mode: nitro-cli build-enclave prints the values")},
	{Catalog, "measurement", 4, "EDebugMode", "the document is of an enclave in debug mode: its registers 0, 1 and 2 are zero", do("start the enclave without --debug-mode")},
	{Catalog, "measurement", 5, "EMissingRegister", "the document does not list a register that the measurement asks for", do("register the enclave under a version that does not ask for this register")},
	{Catalog, "measurement", 6, "EMismatch", "a register of the document has another value", do("run the image that the configuration approves, or propose the measurement of this one")},

	{Catalog, "nitro_report", 0, "EInvalidPublicKey", "the document holds no public key, or none of 32 bytes (Ed25519)", do("have the enclave put its Ed25519 key, 32 bytes, into the document")},

	{Catalog, "enclave_config", 0, "EInvalidName", "the name is empty or longer than 128 bytes", do("choose a shorter name")},
	{Catalog, "enclave_config", 1, "EInvalidDelay", "the delay is longer than ten years", do("choose a shorter delay")},
	{Catalog, "enclave_config", 2, "EInvalidLifetime", "registrations would last for no time, or longer than 366 days", do("choose a lifetime of at most 366 days")},
	{Catalog, "enclave_config", 3, "EInvalidDigest", "a digest is neither empty nor 32 bytes long", isABug},
	{Catalog, "enclave_config", 4, "EWrongCap", "the capability is another configuration's", findCapability},
	{Catalog, "enclave_config", 5, "ENotSecond", "the sender is not the second person", do("sign with the key of the second person")},
	{Catalog, "enclave_config", 6, "EUnknownProposal", "there is no such proposal", do("look the proposal up: it may be approved or dropped already")},
	{Catalog, "enclave_config", 7, "EAlreadyAgreed", "the second person agreed already, or none is asked for", do("nothing needs to be done")},
	{Catalog, "enclave_config", 8, "ENotAgreed", "the second person has not agreed", do("ask the second person to agree")},
	{Catalog, "enclave_config", 9, "ETooEarly", "the delay is not over", do("approve it when its delay is over; the event MeasurementProposed says when")},
	{Catalog, "enclave_config", 10, "ETooMany", "as many versions or proposals are there as can be: 64 and 8", do("approve or drop a proposal first, or make another configuration")},
	{Catalog, "enclave_config", 11, "EAlreadyApproved", "the measurement is approved already", do("nothing needs to be done")},
	{Catalog, "enclave_config", 12, "EUnknownVersion", "the configuration has no such version", do("name a version that was approved; numbers begin with 0")},
	{Catalog, "enclave_config", 13, "EVersionRevoked", "the version is revoked", do("use an enclave of a version that is not revoked")},
	{Catalog, "enclave_config", 14, "EConfigRevoked", "the configuration is revoked", do("use another configuration")},
	{Catalog, "enclave_config", 15, "EDelayNotRaised", "the delay would not grow", do("choose a longer delay")},

	{Catalog, "enclave", 0, "EWrongRegistrant", "the document is not for the sender to register under this configuration", do("have the enclave attest again, with the registration data of this configuration and of your address as user data")},
	{Catalog, "enclave", 1, "EUnboundRefused", "the configuration takes no documents that do not name who registers them", do("have the enclave name the configuration and your address in the user data of its document")},
	{Catalog, "enclave", 2, "EStaleDocument", "the document is more than an hour old", do("have the enclave attest again and register within the hour")},
	{Catalog, "enclave", 3, "EFutureDocument", "the document is from the future", do("wait a moment; the clocks of the enclave and of the chain differ")},
	{Catalog, "enclave", 4, "EAlreadyRegistered", "the enclave's key was registered before", do("nothing needs to be done; a restarted enclave has a new key")},
	{Catalog, "enclave", 5, "EWrongConfig", "the enclave is registered under another configuration", do("name the configuration that the enclave is registered under")},
	{Catalog, "enclave", 6, "ERevoked", "the enclave is revoked", do("use another enclave")},
	{Catalog, "enclave", 7, "EExpired", "the enclave's registration has ended", do("renew the registration with a new document")},
	{Catalog, "enclave", 8, "EWrongKey", "the document is of another enclave", do("hand in a document of the enclave whose registration is to be renewed")},
	{Catalog, "enclave", 9, "ENotNewer", "the document is not newer than the one before", do("have the enclave attest again")},
	{Catalog, "enclave", 10, "EStaleMessage", "the message is older than it may be", do("have the enclave sign again")},
	{Catalog, "enclave", 11, "EFutureMessage", "the message is from the future", do("wait a moment; the clocks of the enclave and of the chain differ")},
	{Catalog, "enclave", 12, "EInvalidSignature", "the enclave did not sign this message", do("hand in what the enclave signed, unchanged, with its signature of 64 bytes")},
	{Catalog, "enclave", 13, "EInvalidPredecessor", "the enclave has a predecessor already, or is its own", do("name the enclave that this one replaces, once")},
	{Catalog, "enclave", 14, "ENotRegistrant", "the sender did not register the enclave", do("sign with the key that registered the enclave")},
	{Catalog, "enclave", 15, "EStillRegistered", "the enclave is neither revoked nor has its registration ended", do("revoke it first, or wait until its registration ends")},

	{Catalog, "attested", 0, "EInvalidKind", "the kind is not 1 (transform) to 4 (inference service)", do("name kind 1 to 4")},
	{Catalog, "attested", 1, "EInvalidDigest", "a digest is not 32 bytes long", isABug},
	{Catalog, "attested", 2, "EInvalidStatistics", "there are not as many counts as rules, or more than 64; or more rows came out of a rule than went in", do("give for each of at most 64 rules how many rows it saw and how many of them it kept")},
	{Catalog, "attested", 3, "EInvalidTimes", "the run ends before it begins, or was signed before it ended", do("check the times: begun, ended, signed, in this order")},
	{Catalog, "attested", 4, "EInvalidBlobs", "a blob is named twice, or is none of the parent's", do("name each blob that was read once, under the version that it belongs to")},
	{Catalog, "attested", 5, "EManifestNotRead", "the blob with the parent's manifest is not among those that were read", do("have the enclave read and name the manifest of every version that it reads")},
	{Catalog, "attested", 6, "EDuplicateParent", "the parent is named twice", do("name each version once, with all of its blobs that were read")},
	{Catalog, "attested", 7, "ENoParents", "the run names no parent", do("name the versions that were read")},
	{Catalog, "attested", 8, "EWrongKind", "the node is of another kind", do("attest the version that the run made")},
	{Catalog, "attested", 9, "EWrongDataset", "the node belongs to another dataset", do("attest the version that the run made")},
	{Catalog, "attested", 10, "EWrongOutput", "the node has another manifest", do("attest the version that the run made")},
	{Catalog, "attested", 11, "EWrongParents", "the node's parents are not those of the run, or stand in another order", do("record the version with exactly the parents that the run read, in its order")},
	{Catalog, "attested", 12, "EApprovedTooLate", "the version of the configuration was approved after the run began", do("run it again now that the image is approved")},
	{Catalog, "attested", 13, "EAlreadyAttested", "the node is attested already", do("nothing needs to be done")},
	{Catalog, "attested", 14, "EReplayed", "a node was attested by this run already", do("a run attests one version; run it again for another")},
	{Catalog, "attested", 15, "ENotAttested", "the node is not attested", do("have an enclave make the version and attest it")},

	// Access.
	{Access, "policy", 0, "EWrongIdentity", "the key that was asked for does not belong to this policy", do("ask with the policy that the data was encrypted under")},
	{Access, "policy", 1, "ENoAccess", "the requester is neither the owner nor on the allow-list", askForGrant},
	{Access, "policy", 2, "ETooEarly", "the policy does not release keys yet", opens},
	{Access, "policy", 3, "ETooLate", "the policy does not release keys any more", closed},
	{Access, "policy", 4, "EWrongCap", "the capability is another policy's", findCapability},
	{Access, "policy", 5, "EAlreadyMember", "the address may decrypt already: it is the owner or on the allow-list", do("nothing needs to be done")},
	{Access, "policy", 6, "ENotMember", "the address is not on the allow-list", showMembers},
	{Access, "policy", 7, "EInvalidWindow", "the time window ends before or when it begins", do("choose an end after the beginning")},
	{Access, "policy", 8, "EHeld", "the policy is under a legal hold", do("wait until its holders lift it; see who they are with: floe policy show <policy>")},
	{Access, "policy", 9, "EObjectNotShown", "the requester has not shown an object of the type that the policy asks for", do("ask with an object of that type that the requester owns; see which with: floe policy show <policy>")},
	{Access, "policy", 10, "ENoPass", "the requester has not shown a valid pass", buyPass},
	{Access, "policy", 11, "ENoPurpose", "the requester has not declared a purpose that the policy accepts", do("make a key request that declares one; see which with: floe policy show <policy>")},
	{Access, "policy", 12, "ENotApproved", "too few stewards approve of the requester", do("ask the stewards to approve; see who they are with: floe policy show <policy>")},
	{Access, "policy", 13, "ENotAttested", "the module that the policy asks for has not vouched for the requester", do("make a key request through that module; see which with: floe policy show <policy>")},
	{Access, "policy", 14, "EUnknownClause", "the policy has no clause with this number", showPolicy},
	{Access, "policy", 15, "EUnknownOffer", "the policy sells no passes under this number", showPolicy},
	{Access, "policy", 16, "ETooMany", "the policy has as many clauses, offers or delegates as it can", do("remove one first, or make another policy")},
	{Access, "policy", 17, "EFrozen", "the policy is frozen: nothing widens it ever again", do("publish a version under a new policy")},
	{Access, "policy", 18, "EMustPropose", "the change would widen the policy at once", do("propose it with: floe policy propose; or act as the policy's owner or one of its delegates")},
	{Access, "policy", 19, "EInvalidDelay", "the delay is longer than ten years", do("choose a shorter delay")},
	{Access, "policy", 20, "ENotDelegate", "the address is not one of the policy's delegates", showPolicy},
	{Access, "policy", 21, "EPriceNotRaised", "the price is not above the present one", do("propose a lower price with: floe policy propose")},

	{Access, "rule", 0, "EInvalidStewards", "the list of addresses is empty, too long or names one twice, or the threshold does not fit it", do("name 1 to 32 different addresses and a threshold from 1 to their number")},
	{Access, "rule", 1, "EInvalidPurpose", "there are more than 32 purposes, or one is empty or longer than 256 bytes", do("give shorter purposes")},
	{Access, "rule", 2, "EInvalidClause", "the clause has no rule left, which would let everybody in, or more than 16", do("give every clause 1 to 16 rules")},
	{Access, "rule", 3, "EInvalidWindow", "the clause's time window ends before or when it begins", do("choose an end after the beginning")},

	{Access, "offer", 0, "EInvalidOffer", "the offer has neither a term nor a number of uses, or one that is zero or beyond a hundred years", do("give a term, a number of uses, or both")},

	{Access, "hold", 0, "ENotHolder", "the sender is not one of the addresses that may hold the policy", showPolicy},
	{Access, "hold", 1, "EAlreadyVoted", "the sender voted already", do("wait for the other holders' votes")},
	{Access, "hold", 2, "ENothingToChange", "the vote is for what is so already", do("nothing needs to be done")},

	{Access, "governance", 0, "EUnknownProposal", "the policy has no proposal with this number", showPolicy},
	{Access, "governance", 1, "ETooEarly", "the policy's delay is not over yet", do("apply the change later; see from when on with: floe policy show <policy>")},
	{Access, "governance", 2, "ETooMany", "as many proposals wait as can", do("apply or cancel one first")},
	{Access, "governance", 3, "EUnknownRule", "the clause does not have the rule that is to be removed", showPolicy},
	{Access, "governance", 4, "EPriceNotLowered", "the price is not below the present one", do("raise a price without proposing it")},
	{Access, "governance", 5, "EDelayNotRaised", "the policy's delay would not grow, and it can only be raised", do("choose a longer delay")},

	{Access, "pass", 0, "EWrongPolicy", "the pass is another policy's", buyPass},
	{Access, "pass", 1, "ENotHolder", "the pass is another address's", do("act as the holder of the pass, or buy another")},
	{Access, "pass", 2, "EExpired", "the pass's term is over", buyPass},
	{Access, "pass", 3, "EUsedUp", "the pass has no use left", buyPass},
	{Access, "pass", 4, "EMustRequest", "the pass's uses are counted, which a decision can't do", do("make a key request with the pass first")},
	{Access, "pass", 5, "ENotForSale", "passes of this offer are not sold any more", showPolicy},
	{Access, "pass", 6, "EWrongCoin", "the offer is for another coin", showPolicy},
	{Access, "pass", 7, "EWrongAmount", "the payment is not exactly the price", showPolicy},

	{Access, "stewards", 0, "ENotSteward", "no clause of the policy names the sender as a steward", showPolicy},
	{Access, "stewards", 1, "EAlreadyOver", "the approval would end before it begins", do("choose an end in the future")},
	{Access, "stewards", 2, "ENotApproved", "the sender has not approved of the requester", do("nothing needs to be done")},

	{Access, "key_request", 0, "EWrongPolicy", "the key request is for another policy", do("make a key request for this policy")},
	{Access, "key_request", 1, "ENotRequester", "the key request is another address's", do("make a key request of your own")},
	{Access, "key_request", 2, "EExpired", "the key request is over", do("make another key request")},

	{Access, "upgrade", 0, "ENothingProposed", "no upgrade is proposed", do("propose one first")},
	{Access, "upgrade", 1, "ETooEarly", "the delay before the upgrade is not over yet", do("upgrade later")},
	{Access, "upgrade", 2, "EAlreadyProposed", "another upgrade is proposed already", do("cancel it first")},
	{Access, "upgrade", 3, "EDelayNotRaised", "the delay before upgrades would not grow, and it can only be raised", do("choose a longer delay")},
	{Access, "upgrade", 4, "EInvalidDelay", "the delay is longer than ten years", do("choose a shorter delay")},
	{Access, "upgrade", 5, "EInvalidDigest", "the digest of the new code is not 32 bytes long", isABug},
	{Access, "upgrade", 6, "ETooPermissive", "the upgrade may change more than the package allows", do("propose an upgrade that is additive, or of dependencies only")},

	{Access, "version", 0, "EWrongVersion", "the call goes to a version of the access contract that is not in force", do("update floe, or the ids of the contracts in its network file")},
	{Access, "version", 1, "EAlreadyMigrated", "this version of the access contract is in force already", do("nothing needs to be done")},

	{Access, "anchors", 0, "EInvalidOrigin", "the origin is empty, longer than 128 bytes or not one line", do("choose one line of 1 to 128 bytes, as in the log's checkpoints")},
	{Access, "anchors", 1, "EInvalidPublicKey", "the public key is not 32 bytes long", do("give the log's Ed25519 key, 32 bytes")},
	{Access, "anchors", 2, "EInvalidRoot", "the root is not 32 bytes long", isABug},
	{Access, "anchors", 3, "EInvalidSignature", "the operator did not sign this head", do("hand in the signature of the checkpoint's three lines by the log's key, 64 bytes")},
	{Access, "anchors", 4, "EShrinks", "the head is of a smaller tree than the anchored one", do("anchor the newest head; smaller trees are covered by it")},
	{Access, "anchors", 5, "ENotGrown", "a tree of this size is anchored already", do("nothing needs to be done; if the roots differ, prove the fork")},
	{Access, "anchors", 6, "ESameRoot", "the two heads have the same root", do("two heads prove a fork only if their roots differ")},
	{Access, "anchors", 7, "EAlreadyProven", "that there are two trees of this size is on record already", do("nothing needs to be done")},

	// Key server.
	{KeyServer, "key_server", 1, "EInvalidKeyType", "the key type is unknown", do("register with key type 0 (Boneh-Franklin on BLS12-381)")},
	{KeyServer, "key_server", 2, "EInvalidVersion", "the key server does not have the layout that the call is for", do("look at its first_version and last_version")},
	{KeyServer, "key_server", 3, "EInvalidServerType", "the call is for independent key servers and this is a committee, or the other way round", do("use the call for this kind of key server")},

	{KeyServer, "time", AbortStaleFullnode, "EStaleFullnode", "the full node lags behind", do("try again in a moment, or use another full node")},
}

// frameworkAborts are codes of 0x2 that our calls can meet.
var frameworkAborts = []Abort{
	{"framework", "group_ops", 1, "EInvalidInput", "a public key is not a valid point of BLS12-381", do("check the key: 48 bytes for storage nodes, 96 bytes for key servers, in hex as the key ceremony printed it")},
}

// LookupAbort finds a code of our contracts by the module that aborted.
func LookupAbort(module string, code uint64) (Abort, bool) { return find(aborts, module, code) }

func find(table []Abort, module string, code uint64) (Abort, bool) {
	for _, a := range table {
		if a.Module == module && a.Code == code {
			return a, true
		}
	}
	return Abort{}, false
}
