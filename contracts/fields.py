"""What each field of a record means, in one sentence: for the schemas and docs/contracts.md."""

POST = {
    "id": "the post; the record's key should be the same",
    "text": "what the member wrote; past 20,000 characters the first and last 10,000 are scored",
    "title": "the title, where the board has one; scored together with the text",
    "community": "the board or neighbourhood; policy and exemplars may differ by it",
    "author_id": "who wrote it; only copied into flags that are not `allow`",
    "created_at": "when it was written, RFC 3339; anything else is carried as unknown and marked in `degraded`",
    "revision": "0 for a new post, greater with each edit",
}

DECISION = {
    "schema": "version of this format",
    "post_id": "the post; also the record's key",
    "revision": "the revision that was decided; 0 for a deletion, whose revision is unknown",
    "community": "as the post gave it",
    "source": "the consumed record: unique for each decision",
    "action": "what to do with the post: `allow`, `review` by a moderator, `hide` at once",
    "flagged": "labels that carried the action",
    "labels": "probability of each label of the head, 0 to 1",
    "reasons": "what carried the action; empty for `allow`",
    "evidence": "what was near but did not carry it",
    "release": "name of the release that decided",
    "bank": "stream id up to which changes of the exemplar bank were in effect",
    "degraded": "parts that were not as they should be: `encoder`, `head`, `matcher`, `bank`, `truncated`, `created_at`",
    "decided_at": "when it was decided, RFC 3339 UTC",
    "created_at": "when the post was written, where it said so readably, RFC 3339 UTC",
}

FIELDS: dict[str, dict[str, str]] = {
    "Post": POST,
    "Decision": DECISION,
    "Flag": {
        **DECISION,
        "cause": "why there is this record: a consumed `post`, a `retroactive` match, a `moderator`, or the post was `deleted`",
        "cause_id": "what caused it: `topic/partition/offset`, the exemplar's id, or the feedback's id",
        "text": "the post's text; only where the action is not `allow`",
        "title": "the post's title; only where the action is not `allow`",
        "author_id": "the post's author; only where the action is not `allow`",
    },
    "Source": {
        "topic": "topic of the consumed record",
        "partition": "its partition",
        "offset": "its offset in the partition",
    },
    "Reason": {
        "kind": "`exemplar`: a near or equal exemplar; `classifier`: the head's probability; `policy`: a rule",
        "label": "the label it speaks for; of kind `policy` the rule: `empty`, `deleted`, `degraded`, `test-phrase`",
        "view": "how the exemplar was compared; only of kind `exemplar`",
        "score": "cosine similarity (exemplar) or probability (classifier), 0 to 1",
        "threshold": "the score from which on it counts",
        "exemplar_id": "the exemplar that matched; only of kind `exemplar`",
    },
    "Exemplar": {
        "id": "the exemplar; writing it again is a new version of it",
        "text": "the text to compare posts with",
        "label": "what it is an exemplar of: lower-case letters, digits, `-` and `_`",
        "polarity": "`bad` matches; `benign` cancels matches of its label that are less near",
        "state": "`disabled` keeps it without effect; `removed` is only seen in the change stream",
        "version": "grows with each change; given by the store",
        "note": "why it is there, for moderators",
        "author": "who wrote it",
        "threshold": "replaces the release's threshold in the semantic and lexical views",
        "communities": "where it works; everywhere if empty",
        "expires_at": "when it stops working, RFC 3339; never if null",
        "contacts": "contact keys found in the text; filled in by the store",
    },
    "Feedback": {
        "id": "the verdict; it becomes `cause_id` of the flag",
        "post_id": "the post it is about; also the record's key",
        "revision": "the revision the moderator saw",
        "action": "the result wanted, also where it undoes an earlier verdict",
        "labels": "the labels the moderator gives the post",
        "moderator": "who decided",
        "at": "when, RFC 3339 with an offset",
        "undoes": "id of the verdict that this one takes back",
    },
}
