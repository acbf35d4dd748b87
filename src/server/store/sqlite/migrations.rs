//! How a database of ours came to be as it is.

use crate::server::store::migrate::Migration;

/// Every migration, oldest first. Append-only.
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        name: "0001_start.sql",
        sql: include_str!("../../../../assets/sql/server/sqlite/0001_start.sql"),
    },
    Migration {
        version: 2,
        name: "0002_send_order.sql",
        sql: include_str!("../../../../assets/sql/server/sqlite/0002_send_order.sql"),
    },
    Migration {
        version: 3,
        name: "0003_send_out.sql",
        sql: include_str!("../../../../assets/sql/server/sqlite/0003_send_out.sql"),
    },
    Migration {
        version: 4,
        name: "0004_loose_ends.sql",
        sql: include_str!("../../../../assets/sql/server/sqlite/0004_loose_ends.sql"),
    },
    Migration {
        version: 5,
        name: "0005_restored.sql",
        sql: include_str!("../../../../assets/sql/server/sqlite/0005_restored.sql"),
    },
    Migration {
        version: 6,
        name: "0006_load.sql",
        sql: include_str!("../../../../assets/sql/server/sqlite/0006_load.sql"),
    },
    Migration {
        version: 7,
        name: "0007_notices.sql",
        sql: include_str!("../../../../assets/sql/server/sqlite/0007_notices.sql"),
    },
    Migration {
        version: 8,
        name: "0008_policy_beside.sql",
        sql: include_str!("../../../../assets/sql/server/sqlite/0008_policy_beside.sql"),
    },
    Migration {
        version: 9,
        name: "0009_campaign_send.sql",
        sql: include_str!("../../../../assets/sql/server/sqlite/0009_campaign_send.sql"),
    },
    Migration {
        version: 10,
        name: "0010_ledger.sql",
        sql: include_str!("../../../../assets/sql/server/sqlite/0010_ledger.sql"),
    },
    Migration {
        version: 11,
        name: "0011_ruling.sql",
        sql: include_str!("../../../../assets/sql/server/sqlite/0011_ruling.sql"),
    },
    Migration {
        version: 12,
        name: "0012_carriers.sql",
        sql: include_str!("../../../../assets/sql/server/sqlite/0012_carriers.sql"),
    },
    Migration {
        version: 13,
        name: "0013_media.sql",
        sql: include_str!("../../../../assets/sql/server/sqlite/0013_media.sql"),
    },
    Migration {
        version: 14,
        name: "0014_record.sql",
        sql: include_str!("../../../../assets/sql/server/sqlite/0014_record.sql"),
    },
    Migration {
        version: 15,
        name: "0015_blocked.sql",
        sql: include_str!("../../../../assets/sql/server/sqlite/0015_blocked.sql"),
    },
    Migration {
        version: 16,
        name: "0016_crm_write.sql",
        sql: include_str!("../../../../assets/sql/server/sqlite/0016_crm_write.sql"),
    },
    Migration {
        version: 17,
        name: "0017_crm.sql",
        sql: include_str!("../../../../assets/sql/server/sqlite/0017_crm.sql"),
    },
    Migration {
        version: 18,
        name: "0018_measure.sql",
        sql: include_str!("../../../../assets/sql/server/sqlite/0018_measure.sql"),
    },
    Migration {
        version: 19,
        name: "0019_departure.sql",
        sql: include_str!("../../../../assets/sql/server/sqlite/0019_departure.sql"),
    },
    Migration {
        version: 20,
        name: "0020_person.sql",
        sql: include_str!("../../../../assets/sql/server/sqlite/0020_person.sql"),
    },
    Migration {
        version: 21,
        name: "0021_past.sql",
        sql: include_str!("../../../../assets/sql/server/sqlite/0021_past.sql"),
    },
    Migration {
        version: 22,
        name: "0022_account.sql",
        sql: include_str!("../../../../assets/sql/server/sqlite/0022_account.sql"),
    },
    Migration {
        version: 23,
        name: "0023_crm_consent.sql",
        sql: include_str!("../../../../assets/sql/server/sqlite/0023_crm_consent.sql"),
    },
    Migration {
        version: 24,
        name: "0024_crm_task.sql",
        sql: include_str!("../../../../assets/sql/server/sqlite/0024_crm_task.sql"),
    },
    Migration {
        version: 25,
        name: "0025_card_read.sql",
        sql: include_str!("../../../../assets/sql/server/sqlite/0025_card_read.sql"),
    },
    Migration {
        version: 26,
        name: "0026_notice_of.sql",
        sql: include_str!("../../../../assets/sql/server/sqlite/0026_notice_of.sql"),
    },
    Migration {
        version: 27,
        name: "0027_campaign_quarter.sql",
        sql: include_str!("../../../../assets/sql/server/sqlite/0027_campaign_quarter.sql"),
    },
    Migration {
        version: 28,
        name: "0028_crm_refused.sql",
        sql: include_str!("../../../../assets/sql/server/sqlite/0028_crm_refused.sql"),
    },
    Migration {
        version: 29,
        name: "0029_pushed_sign.sql",
        sql: include_str!("../../../../assets/sql/server/sqlite/0029_pushed_sign.sql"),
    },
    Migration {
        version: 30,
        name: "0030_crm_forbidden.sql",
        sql: include_str!("../../../../assets/sql/server/sqlite/0030_crm_forbidden.sql"),
    },
    Migration {
        version: 31,
        name: "0031_pushed_sign_program.sql",
        sql: include_str!("../../../../assets/sql/server/sqlite/0031_pushed_sign_program.sql"),
    },
];
