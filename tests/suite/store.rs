//! What every store must do, whoever keeps the bytes. One line per store at the end of this page; a promise that is not
//! in the table below does not compile as used code.

use std::sync::Arc;

use comeback::server::store::Store;
use comeback::server::store::memory::MemoryStore;
use comeback::server::store::sqlite::SqliteStore;

mod beside;
mod blocks;
mod card;
mod consent;
mod crm_writes;
mod departures;
mod facts;
mod feed;
mod media;
mod notices;
mod past;
mod people;
mod reads;
mod record;
mod rulings;
mod scene;
mod sends;
mod sqlite;
mod statements;
mod times;
mod writers;

/// A new, empty store, with the folder it lives in for as long as it is used.
struct House {
    store: Arc<dyn Store>,
    _folder: Option<tempfile::TempDir>,
}

fn memory() -> House {
    House { store: Arc::new(MemoryStore::default()), _folder: None }
}

fn sqlite() -> House {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("comeback.sqlite")).unwrap();
    House { store: Arc::new(store), _folder: Some(folder) }
}

macro_rules! promises {
    ($make:path; $($part:ident { $($promise:ident)* })*) => {
        $($(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $promise() {
                let house = $make();
                crate::store::$part::$promise(&house.store).await;
            }
        )*)*
    };
}

macro_rules! conforms {
    ($name:ident, $make:path) => {
        mod $name {
            promises! { $make;
                facts {
                    appended_entries_read_back_byte_for_byte_and_chained
                    an_entry_that_does_not_follow_the_head_is_refused
                    a_dropped_transaction_leaves_nothing
                    a_group_that_fails_at_its_last_row_leaves_nothing_of_any_table
                    a_receipt_is_found_again_and_never_replaced
                    outcomes_of_long_ago_are_forgotten_oldest_first_and_how_far_a_device_is_stays
                    answers_that_wait_for_somebody_are_counted
                    the_words_of_a_text_come_when_they_are_wanted
                a_delivery_is_known_by_provider_account_and_id
                    a_text_taken_back_is_forgotten_and_others_stand_where_they_were_put
                }
                reads {
                    whatever_names_a_number_brings_all_of_it
                    an_opt_out_is_kept_on_the_number_and_so_is_its_end
                    the_playbook_and_who_is_away_come_with_every_load
                    a_playbook_the_asker_does_not_have_comes_along
                    an_earlier_playbook_stays_to_be_gone_back_to
                    a_text_is_found_by_its_carriers_id_while_a_line_of_the_account_is_set_up
                    open_conversations_count_for_their_holder
                    what_somebody_sees_and_is_open_is_found_as_it_is
                }
                feed {
                    a_change_reaches_its_audience_and_nobody_else
                    who_loses_sight_hears_of_it_once_more
                    pages_join_without_gap_or_repeat
                    the_newest_messages_come_along_and_older_ones_on_demand
                    receipts_never_run_ahead_of_their_page
                    a_cursor_of_another_epoch_is_gone
                    a_page_in_the_middle_does_not_speak_of_forgotten_outcomes_and_the_last_one_does
                }
                record {
                    entries_are_found_by_the_conversation_they_are_about
                }
                times {
                    overdue_deadlines_come_earliest_first_with_the_next_one_behind
                    a_deadline_that_moved_or_went_is_not_due
                    an_answer_is_due_at_its_time_and_not_before
                    answers_of_a_conversation_are_due_one_by_one_in_the_order_they_were_accepted
                    what_may_be_at_the_carrier_is_never_due_again_and_holds_back_its_conversation_only
                    what_the_carrier_has_is_followed_until_its_end_and_holds_back_nobody
                    answers_that_cannot_go_do_not_crowd_out_others
                }
                people {
                    a_one_time_token_makes_one_device_before_it_expires
                    asking_whose_a_one_time_token_is_does_not_use_it
                    a_backup_brought_back_begins_an_epoch_and_nobody_is_signed_in
                    a_revoked_rep_has_no_device_and_no_invitation
                    a_line_set_up_again_is_replaced
                    a_line_removed_is_gone_and_the_others_stay
                    a_stopped_line_stays_stopped_until_it_is_resumed_and_of_two_rests_the_longer_counts
                    only_a_card_that_changed_marks_its_conversations
                    a_mark_goes_with_the_group_that_matched_it_and_not_before
                    a_match_that_a_crash_swallowed_is_made_up_for
                    numbers_whose_cards_are_old_or_missing_are_stale
                }
                notices {
                    notices_come_with_their_facts_and_wait_oldest_first
                    a_notice_with_the_key_of_another_is_none
                    what_was_sent_is_known_by_time_and_by_channel
                    notices_that_ended_long_ago_are_forgotten_and_those_that_wait_are_not
                    where_a_rep_is_reached_is_replaced_and_forgotten_and_nobody_shares_a_phone
                    one_conversation_is_found_with_all_of_it
                    nothing_that_waited_before_a_backup_goes_by_itself
                }
                media {
                    media_come_with_their_text_and_are_due_until_they_are_settled
                    the_same_bytes_are_kept_once_and_erased_with_the_last_text_that_has_them
                }
                beside {
                    what_stands_beside_the_policy_is_replaced_and_taken_away
                    conversations_with_a_deadline_are_walked_in_its_order
                    cards_are_told_by_number
                    who_else_of_the_account_texts_is_found_and_nobody_of_another
                }
                card {
                    a_change_of_the_crm_makes_the_cards_of_its_people_stale_until_they_are_read
                    when_the_crm_was_last_read_is_told_by_its_newest_answer_and_not_by_a_push
                    a_push_adds_replaces_and_takes_off_and_an_older_one_changes_nothing
                    signs_that_a_program_pushed_stay_when_the_crm_is_read_until_it_takes_them_back
                    signs_of_one_program_replace_none_of_another_and_those_of_one_push_count_together
                    of_endless_signs_in_one_push_the_newest_are_kept
                    whom_only_a_program_pushed_a_crm_that_never_knew_them_does_not_take_off
                    whom_the_crm_itself_named_no_program_takes_off_while_one_is_asked
                    whom_the_crm_itself_named_on_a_number_is_told_apart_from_who_was_pushed
                }
                sends {
                    a_send_is_kept_once_by_its_tool_and_its_id
                    a_reply_answers_the_newest_text_of_its_line_before_it
                    a_send_of_before_a_reply_marks_its_conversation
                    campaigns_are_counted_by_day_and_found_before_a_text
                    a_key_opens_until_its_name_is_revoked
                }
                crm_writes {
                    a_write_is_kept_once_by_its_name_and_with_how_far_the_journal_was_read
                    of_a_conversation_only_the_first_write_is_due_and_the_next_time_is_told
                    what_waits_to_hear_who_has_a_number_may_be_tried_once_that_is_said
                    a_task_is_open_until_a_write_ends_it_or_it_is_closed
                    what_was_refused_is_counted_shown_and_put_back
                    what_failed_and_is_tried_again_is_counted_apart
                    what_we_have_no_right_to_is_counted_and_may_be_tried_at_once
                    a_task_whose_end_no_call_has_begun_may_stay
                    what_was_refused_is_tried_again_once_the_number_names_somebody_else_and_not_for_a_touch
                    ends_of_a_conversation_are_told_in_order_and_a_write_about_one_closes_nothing
                    a_refused_task_that_is_tried_again_is_open_and_a_dropped_one_was_closed_by_nobody_there
                    writes_that_ended_long_ago_are_forgotten_and_open_tasks_are_not
                    a_task_for_later_is_kept_until_the_day_that_it_is_for_is_as_long_ago
                    what_waited_before_a_backup_is_looked_for_before_it_is_made
                    one_text_is_read_by_its_id
                    what_is_written_of_a_numbers_consent_is_told_apart_and_counted_with_what_others_were_not_told
                    a_task_that_was_completed_there_is_told_from_one_that_we_ended
                    the_numbers_of_somebody_are_those_whose_cards_name_them
                }
                consent {
                    the_ledger_of_a_number_is_the_journals_own_entries_in_order
                    words_for_other_systems_are_due_in_order_of_each_number_and_apart_from_alerts
                    what_other_systems_were_not_told_is_counted_and_outlives_a_backup
                }
                blocks {
                    blocked_numbers_are_listed_in_pages_until_they_are_heard_again
                }
                rulings {
                    rulings_are_read_newest_first_in_pages_with_number_and_reason
                }
                departures {
                    what_left_is_told_in_order_for_a_day_and_then_forgotten
                }
                past {
                    replies_of_before_are_kept_once_and_told_in_order
                    a_reply_of_before_that_was_put_right_replaces_what_was_told_of_it
                }
                writers {
                    whoever_begins_waits_for_the_head
                    sixteen_writers_lose_nothing_and_a_reader_sees_no_gap
                }
            }
        }
    };
}

conforms!(in_memory, crate::store::memory);
conforms!(in_sqlite, crate::store::sqlite);
