"""What each sabotage breaks, where, and the test that must notice.

A place is a file under `storage-adapter/src` and a piece of it that stands there exactly once; the part between « and » is
replaced by the second text while the switch is on. White space does not matter.
"""

from typing import NamedTuple


class Place(NamedTuple):
    file: str
    find: str
    broken: str


class Sabotage(NamedTuple):
    name: str
    what: str
    test: str
    places: list


SABOTAGES = [
    # Compaction beside pins.
    Sabotage(
        "pins-not-looked-at-again",
        "the pins are not looked at again before the commit point",
        "shared/compactions.rs::a_pin_that_comes_between_plan_and_commit_is_kept",
        [
            Place(
                "shared/compaction.rs",
                "let mut store = self.0.store(); if «!plan.holds_for(&store)» { return Ok(false); }",
                "false",
            )
        ],
    ),
    # Crash and power loss.
    Sabotage(
        "remove-before-switch",
        "what is replaced is removed before CURRENT is renamed",
        "tiered/crash.rs::every_stop_at_every_call_leaves_an_allowed_state_that_goes_on_to_the_same_end",
        [
            Place(
                "log/publish.rs",
                "let renamed = «self.shared.files.rename(CURRENT_TMP, CURRENT)»;",
                """let stays = |id: u64| manifest.segments.iter().any(|s| s.id == id);
                let gone = self.manifest.segments.iter().filter(|s| !stays(s.id));
                self.shared.unlink(gone.map(|s| name::segment(s.id)).collect::<Vec<_>>());
                self.shared.files.rename(CURRENT_TMP, CURRENT)""",
            )
        ],
    ),
    Sabotage(
        "acknowledge-unsynced",
        "a commit is acknowledged without a sync",
        "log/crash.rs::every_stop_leaves_the_acknowledged_state_or_the_one_under_way",
        [Place("log/append.rs", "if let Err(error) = «self.active.sync()» {", "Ok::<(), std::io::Error>(())")],
    ),
    Sabotage(
        "rewritten-segment-unsynced",
        "a rewritten segment is not synced before it is named",
        "log/crash.rs::every_stop_leaves_the_acknowledged_state_or_the_one_under_way",
        [
            Place(
                "log/rewrite.rs",
                "«file.sync().map_err(|error| shared.sync_failed(error, &name))?;» (segment.len",
                "",
            )
        ],
    ),
    Sabotage(
        "lost-sector-is-damage",
        "a sector that never reached the medium is taken for damage",
        "log/crash.rs::a_batch_of_which_sectors_are_missing_is_cut_and_never_stands_in_the_way",
        [Place("log/tail.rs", "let has_hole = «has_hole(&mut window, end.at, len, fault.at..suspect)?»;", "false")],
    ),
    Sabotage(
        "manifest-name-unsynced",
        "the directory is not synced between writing the manifest and naming it",
        "log/crash.rs::every_stop_leaves_the_acknowledged_state_or_the_one_under_way",
        [
            Place(
                "log/publish.rs",
                "self.write_whole(file, name, &bytes)?; «self.shared.sync_dir()?;» let files",
                "",
            )
        ],
    ),
    Sabotage(
        "orphans-stay",
        "opening leaves files that no manifest names",
        "log/crash.rs::all_that_no_manifest_names_is_gone_after_recovery",
        [
            Place(
                "log/open.rs",
                "let (orphans_removed, orphans_left) = «log.remove_orphans()?»;",
                "(Vec::new(), Vec::new())",
            )
        ],
    ),
    Sabotage(
        "rename-unsynced",
        "the directory is not synced after the rename, and the old files go",
        "log/crash.rs::every_stop_leaves_the_acknowledged_state_or_the_one_under_way",
        [Place("log/publish.rs", "«self.shared.sync_dir()?;» self.parts = Arc::new(parts);", "")],
    ),
    Sabotage(
        "orphans-not-gone-for-good",
        "the directory is not synced after orphans were removed",
        "log/crash.rs::all_that_no_manifest_names_is_gone_after_recovery",
        [Place("log/open.rs", "a removed one. «self.shared.sync_dir()?;» }", "")],
    ),
    Sabotage(
        "clean-up-before-sync",
        "opening removes the files of another state before its own is durable",
        "log/crash.rs::a_second_stop_during_recovery_changes_nothing",
        [
            Place(
                "log/open.rs",
                "log.sync_file(&log.active, &log.active_name())?; «log.shared.sync_dir()?;» let cut",
                "",
            )
        ],
    ),
    Sabotage(
        "tail-not-kept",
        "what is cut from a torn tail is not kept",
        "log/tail.rs::a_tail_torn_at_every_length_is_cut_to_the_last_whole_batch_and_kept",
        [Place("log/open.rs", "let kept = «self.keep(offset, bytes)?»;", "String::new()")],
    ),
    Sabotage(
        "damaged-frame-is-a-tail",
        "a last frame of whole length with a bad check is cut as a torn tail",
        "log/tail.rs::a_last_batch_of_whole_length_with_a_bad_check_is_damage",
        [Place("log/tail.rs", "(false, _) => return «Ok(Verdict::Damage)»,", "Ok(Verdict::Torn)")],
    ),
    Sabotage(
        "frame-check-not-read",
        "the check of a frame is not compared",
        "log/damage.rs::every_flipped_bit_is_an_error_that_names_its_file",
        [Place("log/batch.rs", "if «*check != expected» {", "false")],
    ),
    Sabotage(
        "manifest-check-not-read",
        "the check of a manifest is not compared",
        "log/damage.rs::every_flipped_bit_is_an_error_that_names_its_file",
        [Place("log/manifest.rs", "if «*check != manifest_check(body)» {", "false")],
    ),
    Sabotage(
        "current-check-not-read",
        "the check of CURRENT is not compared",
        "log/damage.rs::every_flipped_bit_is_an_error_that_names_its_file",
        [
            Place("log/manifest.rs", "if «check != line_check(text)» {", "false"),
            Place("log/manifest.rs", "if «current.encode().as_bytes() == bytes» {", "true"),
        ],
    ),
    Sabotage(
        "failed-rewrite-stays",
        "a rewrite that fails leaves its files on the full disk",
        "log/rewrite.rs::a_full_disk_at_any_write_of_a_rewrite_costs_the_rewrite_only",
        [
            Place("log/rewrite.rs", "self.done.clear(); «self.made.remove();»", ""),
            Place("log/shared.rs", "fn drop(&mut self) { «self.remove();» }", ""),
        ],
    ),
    Sabotage(
        "failed-sync-believed",
        "after a failed sync the store goes on",
        "log/faults.rs::a_failed_sync_poisons_and_is_not_believed_later",
        [
            Place(
                "log/shared.rs",
                """«self.poison(format!("cannot sync {}: {source}", path.display()));» LogError::Io""",
                "",
            )
        ],
    ),
    Sabotage(
        "failed-rename-cleaned-up",
        "when the rename reports failure the new files are removed",
        "log/faults.rs::a_failed_rename_or_directory_sync_after_it_keeps_both_sets_of_files",
        [Place("log/publish.rs", "«made.keep();» if let Err(source) = renamed", "if renamed.is_ok() { made.keep(); }")],
    ),
    Sabotage(
        "short-file-opened",
        "a file that is shorter than its manifest says is opened",
        "log/damage.rs::a_file_shorter_than_its_manifest_says_is_named_and_nothing_is_deleted",
        [Place("log/open.rs", "if «found < segment.len» {", "false")],
    ),
    Sabotage(
        "foreign-files-removed",
        "opening removes files it does not know",
        "log/basics.rs::foreign_files_stay",
        [
            Place(
                "log/open.rs",
                "Some(Own::Lock | Own::Current | Own::Tail) | None => «false»,",
                "name::parse(&entry).is_none()",
            )
        ],
    ),
    Sabotage(
        "never-nothing-to-do",
        "a compaction that has nothing to do writes all the same",
        "tiered/on_disk.rs::a_hundred_openings_after_a_compaction_change_no_file",
        [Place("item_store/compact/plan.rs", "self.dry_run || self.is_idle || «!(changes || self.has_to_go())»", "false")],
    ),
    Sabotage(
        "deletion-not-read-back",
        "the index that is rebuilt at open knows deleted scopes",
        "tiered/on_disk.rs::a_deleted_scope_is_in_no_file_after_a_compaction_nor_after_reopening",
        [
            Place(
                "item_store/load.rs",
                "let id = self.living_scope(record)?; «self.view.remove_scope(&id);» self.scopes.remove(&id);",
                "",
            )
        ],
    ),
    Sabotage(
        "newer-format-guessed",
        "a newer format number is not told from damage",
        "log/damage.rs::a_newer_format_is_refused_by_number",
        [
            Place(
                "log/manifest.rs",
                "let format: u32 = format.parse().map_err(|_| shape())?; if «format > FORMAT» {",
                "false",
            )
        ],
    ),
    Sabotage(
        "failed-removal-forgotten",
        "a file that could not be removed is not remembered",
        "tiered/on_disk.rs::a_file_that_cannot_be_removed_is_named_and_gone_after_the_next_open",
        [Place("log/shared.rs", "=> «self.obsolete().push(name)»,", "()")],
    ),
    Sabotage(
        "ids-used-again",
        "ids of files that are there are given out again",
        "log/basics.rs::foreign_files_stay",
        [Place("log/open.rs", "«next_id = next_id.max(id.saturating_add(1));»", "let _ = id;")],
    ),
    Sabotage(
        "rewrite-names-unsynced",
        "the directory is not synced when a rewrite is finished",
        "log/crash.rs::files_are_synced_in_an_order_that_lets_current_name_only_what_is_there",
        [
            Place(
                "log/rewrite.rs",
                "let closed = «self.close().and_then(|()| self.made.shared.sync_dir())»;",
                "self.close()",
            )
        ],
    ),
    # Redaction.
    Sabotage(
        "past-not-masked",
        "a moment of the past is joined without the redactions",
        "tiered/on_disk.rs::text_compacted_long_ago_is_masked_at_once_and_in_no_file_after_a_compaction",
        [
            Place(
                "item_store/past.rs",
                "Cow::Owned(«state_at(sources, self.commit, redactions)»)",
                """let none = <lattice_core::Set<bones_snapshot::EventHash> as lattice_core::Bottom>::bottom();
                state_at(sources, self.commit, &none)""",
            )
        ],
    ),
    Sabotage(
        "rewritten-unmasked",
        "what a compaction does not replace is written as it was",
        "items/redaction.rs::items_left_uncompacted_keep_masked_deltas",
        [Place("item_store/compact/write.rs", "«mask(id, written, &redactions);» self.masked", "")],
    ),
    Sabotage(
        "scopes-not-masked",
        "a redaction masks the base and no scope",
        "tiered/on_disk.rs::text_of_a_scope_is_redacted_as_that_of_the_base_is",
        [Place("item_store/apply.rs", "«scope.items.mask(&news.grew);»", "let _ = scope;")],
    ),
    Sabotage(
        "late-snapshot-in-clear",
        "a snapshot from before the redaction is written as it came",
        "tiered/on_disk.rs::snapshots_and_events_from_before_the_redaction_come_too_late_to_be_written_in_clear",
        [
            Place(
                "item_store/apply.rs",
                "«*payload = SnapshotPayload::new(&id, state, &redactions);»",
                "drop((id, state));",
            )
        ],
    ),
    Sabotage(
        "redaction-not-read-back",
        "redactions are forgotten when the store is opened again",
        "tiered/on_disk.rs::a_stop_between_a_redaction_and_the_rewrite_shows_nothing_and_the_rewrite_is_made_up_for",
        [Place("item_store/load.rs", "«self.redactions.join(hashes);» Ok(())", "drop(hashes);")],
    ),
    Sabotage(
        "erased-before-readers-left",
        "a compaction returns while a reader is still on the old files",
        "shared/erasing.rs::a_compaction_is_not_over_while_a_call_reads_the_files_it_takes_away",
        [Place("shared/compaction.rs", "«drop(old.reclaim_within(left));»", "drop((old, left));")],
    ),
    Sabotage(
        "late-event-in-clear",
        "an event that comes after its redaction is written as it came",
        "tiered/on_disk.rs::a_redaction_that_comes_before_its_event_masks_it_in_the_base_and_in_scopes",
        [Place("item_store/apply.rs", "if «event.tells_redacted(redactions)» {", "false")],
    ),
    Sabotage(
        "repeated-text-kept",
        "of a snapshot by bones only its own redaction is looked for",
        "items/redaction.rs::text_that_a_snapshot_by_bones_repeats_goes_with_the_event_that_said_it",
        [Place("item_store/held.rs", "«self.event().tells_redacted(redactions)»", "redactions.contains(&self.hash())")],
    ),
    Sabotage(
        "kept-tails-stay",
        "a compaction that erases leaves kept tails",
        "tiered/on_disk.rs::a_tail_that_was_kept_goes_with_the_text_that_is_redacted",
        [Place("item_store/compact/plan.rs", "tails: «facts.aside && !view.redactions.is_empty()»,", "false")],
    ),
    Sabotage(
        "replaced-files-stay",
        "the files that a compaction replaced are not removed",
        "tiered/on_disk.rs::text_compacted_long_ago_is_masked_at_once_and_in_no_file_after_a_compaction",
        [Place("item_store/compact.rs", "«self.log.remove(obsolete)?;»", "drop(obsolete);")],
    ),
    Sabotage(
        "claims-believed",
        "an event that a snapshot claims to cover is left out on its word",
        "items/coverage.rs::a_claim_before_or_after_the_real_events_loses_nothing",
        [
            Place(
                "item_store/held.rs",
                "state.coverage().contains(&event.hash()) && «event.delta().leq(state)»",
                "true",
            )
        ],
    ),
    Sabotage(
        "old-text-left",
        "a compaction of what is worth it goes no further back for redacted text",
        "tiered/reach.rs::redacted_text_is_reached_however_old",
        [
            Place(
                "item_store/compact/plan.rs",
                "self.reform || «self.refuse.masks» || self.refuse.garbage",
                "false",
            )
        ],
    ),
    Sabotage(
        "standing-text-forgotten",
        "text that is left standing is masked in memory, as if it were gone from the disk",
        "shared/compactions.rs::text_redacted_while_it_is_left_standing_goes_the_next_time",
        [
            Place(
                "item_store/compact/write.rs",
                "let sources = «held.iter().chain(came).cloned().collect()»;",
                """{
                let mut all: Vec<_> = held.iter().chain(came).cloned().collect();
                mask(id, &mut all, &now.redactions);
                all
            }""",
            )
        ],
    ),
    # Damage.
    Sabotage(
        "doubt-ignored",
        "frames behind damage are taken for those of the base, or of the scope before",
        "tiered/salvage.rs::events_of_nobody_knows_which_scope_are_left",
        [Place("item_store/load/salvage.rs", "if «self.scopes == Scopes::Maybe» && !self.is_settled", "false")],
    ),
    Sabotage(
        "next-segment-trusted",
        "the next segment of a compaction is read as if nothing were missing of the one before",
        "tiered/salvage.rs::what_a_segment_held_that_is_gone_is_missed_in_the_next",
        [Place("log/scan.rs", "scan.is_behind_damage &= «self.follows.is_same && commit == self.segment.first»;", "false")],
    ),
    Sabotage(
        "hidden-commits-trusted",
        "commits of which nothing can be seen are taken to have made no scope",
        "tiered/salvage.rs::a_commit_of_which_nothing_can_be_seen_may_have_made_a_scope",
        [Place("item_store/load/salvage.rs", "if «!follows» || self.sort == Sort::Hidden", "false")],
    ),
    Sabotage(
        "either-commit-told",
        "a frame that may be of either of two commits is taken to tell what sort the second is of",
        "tiered/salvage.rs::a_frame_of_one_of_two_commits_tells_nothing_of_the_second",
        [Place("item_store/load/salvage.rs", "«self.commits.start() == self.commits.end()»", "true")],
    ),
    Sabotage(
        "history-not-heard",
        "a compaction that says that there are no scopes is not heard",
        "tiered/salvage.rs::behind_a_compaction_scopes_that_were_deleted_are_in_nobodys_way",
        [Place("item_store/load/salvage.rs", "«sight.hear(!history.scopes.is_empty());»", "")],
    ),
    Sabotage(
        "first-scope-for-all",
        "the first scope that a compaction names is taken for the only one",
        "tiered/salvage.rs::events_of_a_scope_are_not_taken_for_those_of_the_scope_before",
        [Place("item_store/load/salvage.rs", "if «sight.sort == Sort::Untold» { sight.settle();", "true")],
    ),
    Sabotage(
        "open-batch-taken",
        "frames behind the last mark are taken for committed",
        "tiered/salvage.rs::what_was_never_committed_is_left",
        [Place("log/scan.rs", "«self.frames.retain(|frame| frame.offset < self.segment.len);»", "")],
    ),
    Sabotage(
        "run-without-index-skipped",
        "a run without an index is taken to hold nothing",
        "tiered/index.rs::without_an_index_all_is_read_and_the_next_compaction_writes_one",
        [Place("item_store/load/index.rs", "let Some(contents) = find(&*frames)? else { «break;» };", "continue;")],
    ),
    Sabotage(
        "views-keep-files-open",
        "a compaction leaves views the files that it takes away",
        "shared/erasing.rs::views_hold_no_file_open_that_a_compaction_took_away",
        [Place("shared/compaction.rs", "«self.0.store().close_replaced(plan);»", "")],
    ),
    Sabotage(
        "read-before-not-masked",
        "an item that was read before a redaction is shown as it was",
        "tiered/index.rs::what_was_read_before_a_redaction_is_masked_by_it_and_what_was_not_too",
        [Place("item_store/indexed.rs", "«item.redacted(grew).map(Arc::new)»;", "None")],
    ),
    Sabotage(
        "later-redactions-believed",
        "what was left standing is taken to be written under all redactions that are known now",
        "tiered/reach.rs::redacted_text_is_reached_however_old",
        [Place("item_store/indexed.rs", "«*self.masked_by == *redactions»", "true")],
    ),
    Sabotage(
        "index-not-used",
        "opening reads every frame",
        "tiered/index.rs::opening_reads_no_item_that_did_not_change_since",
        [Place("item_store/load.rs", "let behind = «loader.take_indexed(log)?»;", "Default::default()")],
    ),
    Sabotage(
        "damaged-block-skipped",
        "a block of an index that does not check is left out",
        "tiered/index.rs::every_flipped_byte_of_an_index_is_damage_that_names_its_file",
        [Place("item_store/load/index.rs", "let block = «fetch(&**frames, *place, INDEX)?»;", "{ let Ok(block) = fetch(&**frames, *place, INDEX) else { continue }; block }")],
    ),
    Sabotage(
        "index-believed",
        "what lies at a place is not compared with the index",
        "tiered/index.rs::an_index_that_lies_is_found_out",
        [Place("item_store/indexed.rs", "if «*found != *id || !as_listed» {", "false")],
    ),
    Sabotage(
        "index-not-verified",
        "verification does not compare the index with the frames",
        "tiered/index.rs::an_index_that_lies_is_found_out",
        [Place("item_store/verify.rs", "check.damage.extend(«told.check_index(log)?»);", "None::<String>")],
    ),
    Sabotage(
        "older-runs-hidden",
        "what a later run tells of an item hides what earlier ones do",
        "tiered/index.rs::several_runs_are_read_as_one_packed_or_not",
        [Place("item_store/load/index.rs", "Some(known) => «known.extend(sources)»,", "*known = sources.to_vec()")],
    ),
    Sabotage(
        "came-meanwhile-lost",
        "going on with a new index forgets what came while it was written",
        "shared/compactions.rs::what_comes_while_a_compaction_writes_is_kept_as_it_came",
        [Place("item_store/compact/write.rs", "«base.insert(item.clone(), Arc::clone(held));»", "")],
    ),
    Sabotage(
        "short-index-believed",
        "a store goes on with an index that does not go to the end of what compactions wrote",
        "tiered/index.rs::a_run_without_an_index_behind_one_that_has_one_is_not_forgotten",
        [Place("item_store/compact/write.rs", "let is_whole = «self.past.runs.last() == Some(&end)»;", "true")],
    ),
    Sabotage(
        "index-let-go-too-soon",
        "a compaction keeps an index of which it lets the files go",
        "tiered/index.rs::a_run_of_a_scope_alone_leaves_the_base_readable",
        [Place("item_store/items.rs", "is_none_or(|i| «i.end()» <= after)", "i.last()")],
    ),
    Sabotage(
        "older-manifest-taken",
        "without `CURRENT` the oldest manifest is believed",
        "log/rebuild.rs::after_any_stop_the_durable_state_is_there_without_current",
        [Place("log/rebuild.rs", "let Some(&id) = «self.manifests.last()» else", "self.manifests.first()")],
    ),
    Sabotage(
        "missing-part-unseen",
        "a part of a rewrite goes on behind another that is gone",
        "tiered/salvage.rs::what_a_segment_held_that_is_gone_is_missed_in_the_next",
        [Place("log/scan.rs", "|= «!self.follows.is_next» && stamp", "false")],
    ),
    Sabotage(
        "hidden-first-taken-for-none",
        "a segment whose first mark is damaged begins with the first commit that can be seen",
        "log/rebuild.rs::frames_are_not_said_to_be_of_a_commit_that_they_may_not_be_of",
        [Place("log/rebuild.rs", "let first = if «survey.is_begun» {", "true")],
    ),
    Sabotage(
        "unclosed-part-dropped",
        "a rewrite of which the last mark is damaged was never made",
        "tiered/salvage.rs::a_rewrite_without_its_last_mark_is_brought_over_without_a_manifest",
        [Place("log/rebuild.rs", "!is_last || «self.open.is_some_and(Stamp::is_rewrite)»", "false")],
    ),
    Sabotage(
        "cut-under-its-own-name",
        "a replaced file is cut before its new name is on the medium",
        "log/crash.rs::every_stop_leaves_the_acknowledged_state_or_the_one_under_way",
        [Place("log/obsolete.rs", "if !aside.is_empty() && «shared.sync_dir().is_err()» {", "false")],
    ),
    Sabotage(
        "cut-under-a-view",
        "a replaced file is cut although a view holds it open",
        "log/rewrite.rs::a_file_that_a_view_holds_open_is_not_cut",
        [Place("log/obsolete.rs", "if «self.handle.strong_count() > 0» ||", "false")],
    ),
    Sabotage(
        "owner-not-heeded",
        "a rewrite goes at full speed beside an owner that syncs",
        "log/rewrite.rs::a_rewrite_beside_an_owner_that_syncs_takes_small_steps",
        [Place("log/pace.rs", "self.is_beside |= «owner.so_far() != self.seen»;", "false")],
    ),
    Sabotage(
        "known-not-synced",
        "what was written before is acknowledged without a sync when it is applied again",
        "items/acknowledged.rs::what_was_written_before_is_durable_when_it_is_applied_again",
        [Place("item_store/apply.rs", "let commit = «self.sync()?»; Ok(self.view.take(news, is_new", "if is_new { self.sync()? } else { 0 }")],
    ),
    Sabotage(
        "lost-stays-shown",
        "what a failed sync lost is shown and taken for known",
        "items/acknowledged.rs::what_a_failed_sync_lost_is_neither_shown_nor_taken_for_known",
        [Place("item_store/mod.rs", "if let Some(durable) = «self.durable.take()» {", "None::<View<S>>")],
    ),
    Sabotage(
        "read-unsynced",
        "who opens a log to read shows what is in the memory of the system only",
        "log/read_only.rs::after_any_stop_it_shows_what_opening_shows_and_changes_no_file",
        [
            Place(
                "log/open.rs",
                "match «log.active.sync().and_then(|()| log.shared.files.sync_dir())» {",
                "Ok::<(), std::io::Error>(())",
            )
        ],
    ),
]
