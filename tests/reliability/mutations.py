"""`python -m tests.reliability.mutations`: plants defects in the function, which must be found.

Each mutation replaces one place in a copy of the function's source. Schedules that run on the copy
must then break a promise, or another finder must find what it is for. It is an error if a search
text does not occur exactly once: the list must follow the code.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

from tests.reliability.planted_defect import Mutation, first_broken_promise

_PROCESSES = 2

MUTATIONS = (
    Mutation(
        name="an equal version is written again",
        file="handler/statements.py",
        old="""AND {_name(VERSION_ATTRIBUTE)} < ? \"""",
        new="""AND {_name(VERSION_ATTRIBUTE)} <= ? \"""",
    ),
    Mutation(
        name="a tombstone has no version",
        file="handler/replica.py",
        old="""attributes[DELETED_ATTRIBUTE] = {"BOOL": True}""",
        new="""attributes[DELETED_ATTRIBUTE] = {"BOOL": True}; del attributes[VERSION_ATTRIBUTE]""",
    ),
    Mutation(
        name="a tombstone is written like a live item, over the document's data",
        file="handler/replica.py",
        old="    projection_id: str | None = None\n    removed",
        new="    projection_id: str | None = table.projection_id\n    removed",
    ),
    Mutation(
        name="attributes that vanished stay",
        file="handler/replica.py",
        old="removed = _absent(table.names, tuple(attributes))",
        new="removed = ()",
    ),
    Mutation(
        name="attributes of an earlier configuration stay",
        file="handler/statements.py",
        old="""AND {_name(PROJECTION_ATTRIBUTE)}=?\"""",
        new="""AND {_name(PROJECTION_ATTRIBUTE)}>=?\"""",
    ),
    Mutation(
        name="an item of an earlier configuration counts as newer",
        file="handler/replica_attempt.py",
        old="        elif stored >= self._write.version:\n",
        new="        elif True:\n",
    ),
    Mutation(
        name="an item without a version counts as newer",
        file="handler/replica_attempt.py",
        old="self.outcome = Permanent(ITEM_WITHOUT_VERSION)",
        new="self.outcome = STALE",
    ),
    Mutation(
        name="a statement that is refused for its text condemns its record",
        file="handler/attempt.py",
        old="case FaultClass.PERMANENT if self.kind is not Kind.PUT:",
        new="case FaultClass.PERMANENT if self.kind is None:",
    ),
    Mutation(
        name="the oldest revision of a batch is written instead of the newest",
        file="handler/replica.py",
        old="group.sort(key=_version, reverse=True)",
        new="group.sort(key=_version)",
    ),
    Mutation(
        name="a redacted revision counts as a delete",
        file="journal/revisions.py",
        old="""if not is_absent(found, "dataHash"):""",
        new="if False:",
    ),
    Mutation(
        name="a throttled request counts as done",
        file="handler/writer.py",
        old="            for attempt in attempts:\n                attempt.retry_later(code)\n",
        new="            for attempt in attempts:\n                "
        "attempt.outcome = __import__('handler.outcomes').outcomes.STALE\n",
    ),
    Mutation(
        name="a throttle is the record's fault",
        file="handler/error_codes.py",
        old=""""Throttling": _TRANSIENT,""",
        new=""""Throttling": _PERMANENT,""",
    ),
    Mutation(
        name="a missing item counts as stale",
        file="handler/replica_attempt.py",
        old="            self.switch(Kind.INSERT)\n",
        new="            self.outcome = STALE\n",
    ),
    Mutation(
        name="what is not written when time is up counts as done",
        file="handler/writer.py",
        old="attempt.outcome or Transient(attempt.code or OUT_OF_TIME)",
        new="attempt.outcome or __import__('handler.outcomes').outcomes.STALE",
    ),
    Mutation(
        name="what is not read when time is up is forgotten",
        file="handler/batch.py",
        old="            self._redeliver(source, OUT_OF_TIME)\n            return\n",
        new="            return\n",
    ),
    Mutation(
        name="the highest failed sequence number is returned",
        file="handler/batch.py",
        old="min(self._failed, key=int)",
        new="max(self._failed, key=int)",
    ),
    Mutation(
        name="sequence numbers are compared as texts",
        file="handler/batch.py",
        old="min(self._failed, key=int)",
        new="min(self._failed)",
    ),
    Mutation(
        name="batch item failures are forgotten",
        file="handler/batch.py",
        old="        if not self._failed:\n",
        new="        if True:\n",
    ),
    Mutation(
        name="the rest of an aggregate is dropped after an error",
        file="handler/batch.py",
        old="            self._read_user_record(user_record, source)\n",
        new="            self._read_user_record(user_record, source)\n"
        "            if user_record in self._quarantine:\n"
        "                break\n",
    ),
    Mutation(
        name="older revisions are dropped with a refused newer one",
        file="handler/revision_batch.py",
        old="fail(newest, REFUSED, outcome.code)\n                older.append(document[1:])\n",
        new="fail(newest, REFUSED, outcome.code)\n",
    ),
    Mutation(
        name="only the newest revision of a document is delivered again",
        file="handler/revision_batch.py",
        old="                for candidate in document:\n",
        new="                for candidate in document[:1]:\n",
    ),
    Mutation(
        name="a refusal of the failure bucket is swallowed",
        file="handler/batch.py",
        old="self._redeliver(found.source, _FAILURE_STORE)",
        new="pass",
    ),
    Mutation(
        name="what the failure bucket refuses counts as stored",
        file="handler/failures.py",
        old="                refused.set()\n",
        new="                stored[place] = True\n",
    ),
    Mutation(
        name="the key of a failed record has no sub-sequence number",
        file="handler/failures.py",
        old="""place = "whole" if sub is None else f"{sub:08d}\"""",
        new="""place = "whole\"""",
    ),
    Mutation(
        name="the MD5 of an aggregate is not checked",
        file="handler/aggregation.py",
        old="if digest != data[len(MAGIC) + len(message) :]:",
        new="if False:",
    ),
    Mutation(
        name="a live revision replaces a redacted item",
        file="handler/history.py",
        old="    if DATA_HASH_ATTRIBUTE in stored or (is_complete and not write.is_redaction):\n"
        "        return None\n",
        new="    if not write.is_redaction:\n"
        "        return write.item\n"
        "    if DATA_HASH_ATTRIBUTE in stored:\n"
        "        return None\n",
    ),
    Mutation(
        name="what a redaction has left is completed with data",
        file="handler/history_requests.py",
        old="    return (\n"
        "        complete_text(write.table_name, tuple(write.metadata)),\n"
        "        [\n"
        "            *write.metadata.values(),\n",
        new="    return (\n"
        "        complete_text(write.table_name, (*write.metadata, *write.content)),\n"
        "        [\n"
        "            *write.metadata.values(), *write.content.values(),\n",
    ),
    Mutation(
        name="revision and redaction of one batch leave the data",
        file="handler/history.py",
        old="    return known._replace(state=RevisionState.REDACTED, content={})\n\n",
        new="    return known\n\n",
    ),
    Mutation(
        name="a redaction that a block summary announces is ignored",
        file="handler/batch.py",
        old="self._revisions.add_redactions(IncomingRedactions(found, record, source))",
        new="pass",
    ),
    # Three clauses that follow from the others have no mutation. In COMPLETE_CONDITION, an item of
    # a state other than redacted has a hash, and no write takes it away. In INCOMPLETE_CONDITION,
    # an item without a hash has no hash of its data, and is redacted unless it is missing, which
    # none becomes.
    Mutation(
        name="a redaction replaces an item that came meanwhile",
        file="handler/history_requests.py",
        old='ABSENT_CONDITION = "attribute_not_exists(#key)"',
        new='ABSENT_CONDITION = "attribute_not_exists(#key) OR attribute_exists(#key)"',
        finder="first_redaction_race",
    ),
    Mutation(
        name="a redaction replaces an item that another one has redacted meanwhile",
        file="handler/history_requests.py",
        old="#state = :state AND attribute_exists(#hash)",
        new="(#state = :state OR attribute_exists(#state)) AND attribute_exists(#hash)",
        finder="first_redaction_race",
    ),
    Mutation(
        name="a redaction replaces an item that has the hash of its data since",
        file="handler/history_requests.py",
        old="attribute_exists(#hash) AND attribute_not_exists(#dataHash)",
        new="attribute_exists(#hash)"
        " AND (attribute_exists(#dataHash) OR attribute_not_exists(#dataHash))",
        finder="first_redaction_race",
    ),
    Mutation(
        name="a redaction replaces an item that a revision has completed meanwhile",
        file="handler/history_requests.py",
        old="attribute_not_exists(#hash) AND",
        new="(attribute_exists(#hash) OR attribute_not_exists(#hash)) AND",
        finder="first_redaction_race",
    ),
    Mutation(
        name="a redaction without the hash of the data replaces one with it",
        file="handler/history_requests.py",
        old="#state = :state AND attribute_exists(#hash) AND attribute_not_exists(#dataHash)",
        new="(#state = :state OR attribute_exists(#state)) AND attribute_exists(#hash)"
        " AND (attribute_exists(#dataHash) OR attribute_not_exists(#dataHash))",
        finder="first_redaction_race",
    ),
    Mutation(
        name="a redaction for an item that exists counts as stale",
        file="handler/history_attempt.py",
        old="            if following is None:\n",
        new="            if following is None or self._write.is_redaction:\n",
    ),
    Mutation(
        name="a redacted revision of a replay is no part of the history",
        file="handler/revision_batch.py",
        old="            self._history.revisions.append(incoming)\n",
        new="            if not is_redacted:\n"
        "                self._history.revisions.append(incoming)\n",
    ),
    Mutation(
        name="a redaction removes the metadata",
        file="handler/history.py",
        old="    item = {**write.metadata, **without_data(stored)}",
        new="    item = {**write.metadata, REVISION_STATE_ATTRIBUTE: REDACTED}",
    ),
    Mutation(
        name="the history has only the newest revision of a batch",
        file="handler/history_batch.py",
        old="        for revision in self.revisions:\n",
        new="        ordered = sorted(self.revisions, key=lambda each: each.revision.version)\n"
        "        for revision in {each.revision.document_id: each for each in ordered}.values():\n",
    ),
    Mutation(
        name="a fault of the history counts as done",
        file="handler/revision_batch.py",
        old="                if isinstance(outcome, Permanent):\n"
        "                    self._history_fault(incoming, REFUSED, outcome.code)\n"
        "                elif",
        new="                if isinstance(outcome, Permanent):\n"
        "                    pass\n"
        "                elif",
    ),
    Mutation(
        name="a throttle of the history counts as done",
        file="handler/revision_batch.py",
        old="                elif isinstance(outcome, Transient):\n"
        "                    self._failures.retry(incoming, outcome.code)\n"
        "\n",
        new="\n\n",
    ),
    Mutation(
        name="of two tables that refuse a record one is named",
        file="handler/quarantine.py",
        old="            former.kinds.append((reason, code))\n",
        new="            pass\n",
    ),
    Mutation(
        name="a redaction counts only in the batch of its revision",
        file="handler/history_batch.py",
        old="        write = redaction_write(redaction, self._history_table)\n",
        new="        write = redaction_write(redaction, self._history_table)\n"
        "        if write.key not in self._found:\n"
        "            return\n",
    ),
    Mutation(
        name="a revision that the current state refuses is not written to the history",
        file="handler/revision_batch.py",
        old="        every: list[ItemWrite] = [*writes, *(group.write for group in history)]\n",
        new="        history = [group for group in history if not older]\n"
        "        every: list[ItemWrite] = [*writes, *(group.write for group in history)]\n",
    ),
    Mutation(
        name="a revision of the history that exists is the record's fault",
        file="handler/history_attempt.py",
        old='came first."""\n        self.switch(Kind.UPDATE)\n',
        new='came first."""\n        self.outcome = Permanent("DuplicateItem")\n',
    ),
    Mutation(
        name="an item of another tool in the history counts as stale",
        file="handler/history_attempt.py",
        old="self.outcome = Permanent(ITEM_WITHOUT_STATE)",
        new="self.outcome = STALE",
    ),
    Mutation(
        name="an item has the id of the first table with its name",
        file="handler/replica.py",
        old='        TABLE_ID_ATTRIBUTE: {"S": revision.table_id},\n',
        new='        TABLE_ID_ATTRIBUTE: {"S": vars(table).setdefault("id", revision.table_id)},\n',
    ),
    Mutation(
        name="a revision of the history has the id of the first table with its name",
        file="handler/history.py",
        old='{"S": revision.table_id}',
        new='{"S": vars(table).setdefault("id", revision.table_id)}',
    ),
    Mutation(
        name="a table without history has one",
        file="handler/revision_batch.py",
        old="and incoming.table.history",
        new="",
    ),
    Mutation(
        name="a value that fits again stays unindexed",
        file="handler/settings.py",
        old="return (*projected, UNINDEXED_ATTRIBUTE) if self.index_keys else projected",
        new="return projected",
    ),
    Mutation(
        name="a value that no index takes is sent to it",
        file="handler/replica.py",
        old="        if table.index_keys:\n            _move",
        new="        if False:\n            _move",
    ),
    Mutation(
        name="a text of any length is sent to an index",
        file="handler/replica.py",
        old="return 0 < size <= key.max_bytes",
        new="return 0 < size",
    ),
    Mutation(
        name="a value that no index takes is lost",
        file="handler/replica.py",
        old='        attributes[UNINDEXED_ATTRIBUTE] = {"M": unindexed}\n',
        new="        pass\n",
    ),
    Mutation(
        name="values of the history move out of their places",
        file="handler/history_batch.py",
        old="        self.projected[id(incoming)] = projected\n",
        new="        self.projected[id(incoming)] = projected\n"
        "        for name in table.index_keys:\n"
        "            projected.pop(name, None)\n",
    ),
    Mutation(
        name="tombstones of every table live as long as those of the first",
        file="handler/replica.py",
        old="            expiry = int(now) + table.tombstone_lifetime_days * _SECONDS_PER_DAY\n",
        new="            expiry = int(now) + 400 * _SECONDS_PER_DAY\n",
    ),
    Mutation(
        name="the code of a failed record quotes DynamoDB's message",
        file="handler/error_codes.py",
        old="    return code, FaultClass.TRANSIENT if status >= _SERVER_FAULT else fault",
        new="    code = f'{code}: {error}'\n"
        "    return code, FaultClass.TRANSIENT if status >= _SERVER_FAULT else fault",
    ),
    Mutation(
        name="a refusal of a server that fails is permanent",
        file="handler/error_codes.py",
        old="if status >= _SERVER_FAULT",
        new="if status > _SERVER_FAULT",
        finder="first_bad_answer",
    ),
    Mutation(
        name="the checksum of a refusal is not checked",
        file="handler/dynamodb_transport.py",
        old="        if checksum is not None and",
        new="        if response.status_code == _OK and checksum is not None and",
        finder="first_bad_answer",
    ),
    Mutation(
        name="an error that is not an object ends the invocation",
        file="handler/writer.py",
        old="if not all(error is None or isinstance(error, dict) for error in errors):",
        new="if False:",
        finder="first_bad_answer",
    ),
    Mutation(
        name="the time of an answer has no limit",
        file="handler/bounded_http.py",
        old="min(seconds_left(self._deadline), self._read_seconds)",
        new="self._read_seconds",
        finder="first_bad_answer",
    ),
    Mutation(
        name="the time to send a request has no limit",
        file="handler/bounded_http.py",
        old="self.sock.settimeout(seconds_left(self._deadline))",
        new="self.sock.settimeout(None)",
        finder="first_bad_answer",
    ),
    Mutation(
        name="the time to send a direct request has no limit",
        file="handler/direct_http.py",
        old="sock.settimeout(seconds_left(deadline))",
        new="sock.settimeout(None)",
        finder="first_bad_answer",
    ),
    Mutation(
        name="an answer that ends too early is a direct answer",
        file="handler/direct_http.py",
        old='        raise IncompleteRead(b"", length - len(content))',
        new="        pass",
        finder="first_bad_answer",
    ),
    Mutation(
        name="a request is signed with credentials that change meanwhile",
        file="handler/dynamodb_transport.py",
        old="self._credentials.get_frozen_credentials()",
        new="self._credentials",
        finder="first_bad_answer",
    ),
    Mutation(
        name="a request that is too large comes again without end",
        file="handler/error_codes.py",
        old="if status == _TOO_LARGE:",
        new="if False:",
        finder="first_bad_answer",
    ),
    Mutation(
        name="the message of an error is logged",
        file="handler/error_codes.py",
        old="    if not isinstance(error, ClientError):\n",
        new="    __import__('logging').getLogger(__name__).debug('failed: %s', error)\n"
        "    if not isinstance(error, ClientError):\n",
        finder="first_leak",
    ),
    Mutation(
        name="AWS's libraries log requests and answers at DEBUG level",
        file="handler/app.py",
        old="    keep_requests_out_of_logs()\n",
        new="",
        finder="first_leak",
    ),
    Mutation(
        name="the code of a failed record quotes an unforeseen message",
        file="handler/revision_batch.py",
        old="return UNFORESEEN, type(error).__name__",
        new="return UNFORESEEN, str(error)",
        finder="first_leak",
    ),
    Mutation(
        name="what the handler cannot explain is raised with its message",
        file="handler/app.py",
        old="raise InvocationError(place(error)) from None",
        new="raise InvocationError(f'{place(error)}: {error}') from None",
        finder="first_leak",
    ),
    Mutation(
        name="what the handler cannot explain is raised with its cause",
        file="handler/app.py",
        old="raise InvocationError(place(error)) from None",
        new="raise InvocationError(place(error)) from error",
        finder="first_leak",
    ),
    Mutation(
        name="a document with the text BLOCK_SUMMARY is taken for a block summary",
        file="journal/revisions.py",
        old="        _REVISION_DETAILS_BYTES not in data\n        and data.startswith",
        new="        data.startswith",
        finder="first_misreading",
    ),
    Mutation(
        name="a record whose type has no text is ignored",
        file="journal/ion/structure.py",
        old="if not is_symbol_identifier(text):",
        new="if True:",
        finder="first_misreading",
    ),
    Mutation(
        name="a repeated version marker keeps the symbols",
        file="journal/ion/stream.py",
        old="                names = SYSTEM_SYMBOLS\n                more.clear()\n",
        new="",
        finder="first_misreading",
    ),
    Mutation(
        name="a second symbol table is ignored",
        file="journal/ion/stream.py",
        old="                    names = table.names\n",
        new="                    names = table.names if names is SYSTEM_SYMBOLS else names\n",
        finder="first_misreading",
    ),
    Mutation(
        name="a symbol table that appends replaces",
        file="journal/ion/stream.py",
        old="if not table.extends:",
        new="if True:",
        finder="first_misreading",
    ),
    Mutation(
        name="imports of a symbol table are ignored",
        file="journal/ion/symbol_tables.py",
        old="if symbol == _IMPORTS:",
        new="if symbol < 0:",
        finder="first_misreading",
    ),
    Mutation(
        name="the symbols of a shared table take no numbers",
        file="journal/ion/symbol_tables.py",
        old="imported += _max_id(data, first, last)",
        new="_max_id(data, first, last)",
        finder="first_misreading",
    ),
    Mutation(
        name="imports without a number of symbols are guessed",
        file="journal/ion/symbol_tables.py",
        old="    if max_id is None:\n",
        new="    if max_id is None:\n        return 0\n    if False:\n",
        finder="first_misreading",
    ),
    Mutation(
        name="of two lists of symbols the last counts",
        file="journal/ion/symbol_tables.py",
        old="if symbol in seen:",
        new="if False:",
        finder="first_misreading",
    ),
    Mutation(
        name="padding in a list of symbols is counted",
        file="journal/ion/symbol_tables.py",
        old="        elif not is_padding(head):\n            texts",
        new="        else:\n            texts",
        finder="first_misreading",
    ),
    Mutation(
        name="a slot without text takes no number",
        file="journal/ion/symbol_tables.py",
        old="            texts.append(UNKNOWN_TEXT)\n",
        new="            pass\n",
        finder="first_misreading",
    ),
    Mutation(
        name="an annotation that no table has is read",
        file="journal/ion/structure.py",
        old="if max(symbols) >= len(names):",
        new="if False:",
        finder="first_misreading",
    ),
    Mutation(
        name="an ordered struct has a length of one",
        file="journal/ion/structure.py",
        old="    if head == _ORDERED_STRUCT:\n        return _ORDERED\n",
        new="",
        finder="first_misreading",
    ),
    Mutation(
        name="an ordered struct may be empty",
        file="journal/ion/structure.py",
        old="if head == _ORDERED_STRUCT and not length:",
        new="if False:",
        finder="first_misreading",
    ),
    Mutation(
        name="an element may be longer than its list",
        file="journal/ion/structure.py",
        old="if position + length > end:",
        new="if False:",
        finder="first_misreading",
    ),
    Mutation(
        name="a field may be longer than its struct",
        file="journal/ion/structure.py",
        old="        if position > end:\n",
        new="        if False:\n",
        finder="first_misreading",
    ),
    Mutation(
        name="a wrapper may be longer than its value",
        file="journal/ion/structure.py",
        old="if position != first or end != stop or",
        new="if position != first or",
        finder="first_misreading",
    ),
    Mutation(
        name="a wrapper may have no annotations",
        file="journal/ion/structure.py",
        old="if not length or first >= stop:",
        new="if first >= stop:",
        finder="first_misreading",
    ),
    Mutation(
        name="a padded length is refused",
        file="journal/ion/integers.py",
        old="_MAX_VARIABLE_BYTES = 10",
        new="_MAX_VARIABLE_BYTES = 5",
        finder="first_misreading",
    ),
    Mutation(
        name="a fraction of zeros is lost",
        file="journal/ion/timestamps.py",
        old="if exponent >= 0 and number == 0:",
        new="if number == 0:",
        finder="first_misreading",
    ),
    Mutation(
        name="a negative fraction is read",
        file="journal/ion/timestamps.py",
        old="or (start < stop and data[start] >= _SIGN)",
        new="",
        finder="first_misreading",
    ),
    Mutation(
        name="a negative zero is read",
        file="handler/values.py",
        old="    if minus and not number:\n",
        new="    if False:\n",
        finder="first_misreading",
    ),
    Mutation(
        name="a long zero becomes a text that is no number",
        file="handler/values.py",
        old="    if not number:\n        return _ZERO\n    digits",
        new="    digits",
        finder="first_misreading",
    ),
    Mutation(
        name="a message of any depth reaches protobuf",
        file="handler/aggregation.py",
        old="if not is_readable(message):",
        new="if False:",
        finder="first_misreading",
    ),
    Mutation(
        name="groups in records are not looked at",
        file="handler/protobuf_nesting.py",
        old="is_message = not groups and tag",
        new="is_message = False and tag",
        finder="first_misreading",
    ),
    Mutation(
        name="a document that INSERT takes and UPDATE refuses is sent",
        file="handler/values.py",
        old="MAX_NESTING = 31",
        new="MAX_NESTING = 32",
        finder="first_oversized",
    ),
    Mutation(
        name="an empty field name is left to DynamoDB",
        file="handler/values.py",
        old='    if "" in found or "" in errors:\n',
        new="    if False:\n",
        finder="first_oversized",
    ),
    Mutation(
        name="a field that cannot be stored is left out",
        file="handler/values.py",
        old="    if errors:\n",
        new="    if False:\n",
        finder="first_oversized",
    ),
    Mutation(
        name="an item is never counted",
        file="handler/replica.py",
        old="if not surely_fits(attributes, revision.data, table.copies):",
        new="if False:",
        finder="first_oversized",
    ),
    Mutation(
        name="an item of one byte more is sent",
        file="handler/item_limits.py",
        old="    if count > MAX_ITEM_BYTES:\n        raise UnstorableValue(TOO_LARGE)",
        new="    if count > MAX_ITEM_BYTES + 1:\n        raise UnstorableValue(TOO_LARGE)",
        finder="first_oversized",
    ),
    Mutation(
        name="an item of the limit's bytes is refused",
        file="handler/item_limits.py",
        old="    if count > MAX_ITEM_BYTES:\n        raise UnstorableValue(TOO_LARGE)",
        new="    if count >= MAX_ITEM_BYTES:\n        raise UnstorableValue(TOO_LARGE)",
        finder="first_oversized",
    ),
    Mutation(
        name="a number near the limit is estimated",
        file="handler/item_limits.py",
        old="check_bytes(item_bytes(item))",
        new="check_bytes(_item_bytes(item, _at_most_number_bytes))",
        finder="first_oversized",
    ),
    Mutation(
        name="characters count instead of bytes",
        file="handler/item_limits.py",
        old="return len(text) if text.isascii() else len(text.encode())",
        new="return len(text)",
        finder="first_oversized",
    ),
    Mutation(
        name="a name of any length is sent",
        file="handler/item_limits.py",
        old="if length > MAX_NAME_BYTES:",
        new="if False:",
        finder="first_oversized",
    ),
    Mutation(
        name="elements of a list count without their byte",
        file="handler/item_limits.py",
        old="        count = _count(element, count + _ELEMENT_BYTES, number_bytes)",
        new="        count = _count(element, count, number_bytes)",
        finder="first_oversized",
    ),
    Mutation(
        name="attributes of one value count once",
        file="handler/settings.py",
        old="(sum(path[: len(other)] == other for other in paths) for path in paths), default=1",
        new="(1 for path in paths), default=1",
        finder="first_oversized",
    ),
    Mutation(
        name="a key of any length is sent",
        file="handler/item_limits.py",
        old="if utf8_bytes(document_id) > MAX_PARTITION_KEY_BYTES:",
        new="if False:",
        finder="first_oversized",
    ),
    Mutation(
        name="a fraction of any number of zeros is written out",
        file="journal/ion/timestamps.py",
        old="if places - len(text) > MAX_LEADING_ZEROS:",
        new="if False:",
        finder="first_oversized",
    ),
    Mutation(
        name="a number of any length is written out",
        file="handler/values.py",
        old="if number.bit_length() > _MAX_BITS:",
        new="if False:",
        finder="first_oversized",
    ),
    Mutation(
        name="each empty value is an object of its own",
        file="handler/values.py",
        old="is_empty = head == kind << 4 and kind in _EMPTY",
        new="is_empty = False",
        finder="first_oversized",
    ),
    Mutation(
        name="an aggregate of nothing makes thousands of objects",
        file="handler/aggregation.py",
        old="if count > _MANY_RECORDS and",
        new="if False and",
        finder="first_oversized",
    ),
    Mutation(
        name="superseded copies are not read",
        file="ops/replay/plan.py",
        old="superseded=_batches(reversed(sequence.superseded), *limits),",
        new="superseded=(),",
        finder="first_superseded_copy",
    ),
    Mutation(
        name="what superseded copies redact is forgotten",
        file="ops/replay/engine.py",
        old="pass_ is Pass.REDACTIONS:\n                    self._learn(answer)\n",
        new="pass_ is Pass.REDACTIONS:\n                    pass\n",
        finder="first_superseded_copy",
    ),
    Mutation(
        name="a copy without its data is no redaction",
        file="ops/replay/batch_sink.py",
        old="            self.redacted.add(RevisionKey(key, version))\n",
        new="            pass\n",
        finder="first_superseded_copy",
    ),
    Mutation(
        name="what another copy redacts is written",
        file="ops/replay/batch_writing.py",
        old="RevisionKey(key, revision.version) in self._redacted",
        new="False",
        finder="first_superseded_copy",
    ),
    Mutation(
        name="data that another copy redacts goes to the failure bucket",
        file="ops/replay/batch_writing.py",
        old="if kept is None or (revision.kind is RevisionKind.REDACTED and "
        "revision.data_hash is None):",
        new="if kept is None:",
        finder="first_superseded_copy",
    ),
    Mutation(
        name="the state machine writes what another copy redacts",
        file="ops/distributed/redacted_revisions.py",
        old="frozenset(each for key in keys for each in self._of(key))",
        new="frozenset()",
        finder="first_superseded_copy",
    ),
)


def main() -> int:
    """Print each mutation and its finding."""
    with ThreadPoolExecutor(_PROCESSES) as pool:
        results = list(pool.map(first_broken_promise, MUTATIONS))
    missed = 0
    for mutation, result in zip(MUTATIONS, results, strict=True):
        missed += result is None
        print(f"{mutation.name}: {result or 'NOT FOUND'}")  # noqa: T201 (a command)
    print(f"{len(MUTATIONS) - missed} of {len(MUTATIONS)} mutations found")  # noqa: T201 (a command)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
