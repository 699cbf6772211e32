/* Every journal entry of info or above: X(NAME, LEVEL, MESSAGE_ID, "what it says", "FIELDS").
 *
 * FIELDS are those that every entry of it has, each with ADVISD_ before it; one may have more,
 * where there is more to say.
 *
 * To add one: a line here (a fresh id: systemd-id128 new), a paragraph in systemd/advisd.catalog
 * and systemd/advisd.da.catalog that says what happened and what to do, and new fields in
 * advisd(8), JOURNAL. The lint "catalog" compares them; tests hold every entry that they provoke to
 * its fields. */
#ifndef ADVISD_BASE_LOG_IDS_H
#define ADVISD_BASE_LOG_IDS_H

/* clang-format off */
#define LOG_ID_MAP(X) \
        X(STARTED,           INFO,    "88dded6ccc8f4910abe7965dad83f1d2", "the daemon is up", "VERSION") \
        X(START_FAILED,      ERR,     "46558600ced34f34a4d648125e014945", "the daemon cannot start", "STEP REASON") \
        X(STOPPING,          INFO,    "ed10bb776bc74d22a7e3797b524cc7a8", "the daemon drains and stops", "") \
        X(STOPPED,           INFO,    "9bcd20a08c1f473fa9369efcef4aee88", "the daemon has stopped", "") \
        X(RELOADED,          NOTICE,  "e2e57e6d86d847aeaa93f0c398ef7047", "a new configuration is in force", "CHANGED") \
        X(RELOAD_REFUSED,    ERR,     "65d2be177dc54f4ea48d421556893d6c", "a new configuration was wrong, the old one stays", "") \
        X(CONFIG_FAULT,      ERR,     "750179a210b84c57a2b33617de867931", "one fault in a configuration file", "FILE") \
        X(CONFIG_WARNING,    WARNING, "da045760f94344ebab0fb1d86723a351", "something doubtful in a configuration file", "OPTION") \
        X(SANDBOX,           WARNING, "3bd05ff242b04f74aa639a66ec4c0532", "the instance runs in a sandbox: nobody real is told", "") \
        X(ALLOW_ONLY,        WARNING, "0a0b1e8e4b7d4f0c9f0f6a0f7c1c9d55", "test mode: only listed addresses are told", "FILE COUNT") \
        X(KEY_MISSING,       ERR,     "87e869a85ceb4218a4dccdc5a48c7ab5", "the store needs a master key that is not there", "") \
        X(STORE_OPENED,      INFO,    "4c102b35a1ae431ea27b8833e49d6169", "the store is open", "FILE START") \
        X(STORE_FAILED,      CRIT,    "4ae4457fa6054666a06db216b61e6ae2", "the store cannot write; sending and intake hold", "REASON") \
        X(STORE_RECOVERED,   NOTICE,  "e517b4b3c46a4682aa8559caafd1ae74", "the store writes again", "HELD_USEC") \
        X(STORE_MIGRATED,    NOTICE,  "1b8ae84b8cd74652acc84d9d8fb91325", "the store's schema was brought up", "FROM TO") \
        X(RESTART_UNCERTAIN, WARNING, "3bbfd5c0c91c4337ab3ef4774c21abf9", "alerts that were under way when the last run ended", "ALERTS") \
        X(SPOOL_UNREADABLE,  ERR,     "9dba7f70eea94784a69f56a9031e9aba", "the spool or a file in it cannot be read", "FILE REASON") \
        X(FILE_ADMITTED,     INFO,    "0f405a905a0643e8a20e4c04e27004d8", "a spool file was admitted", "FILE ITEMS REJECTED") \
        X(FILE_REFUSED,      WARNING, "0d80aecfed8b4d9eac2c8f0b8346b3c0", "a spool file is of no form that advisd takes", "FILE REASON") \
        X(LINE_REJECTED,     WARNING, "278b5f5f361145b4a2e2055f0c50ac14", "a line or document was rejected and kept", "FILE LINE FIELD REASON") \
        X(ALERT_DONE,        INFO,    "c998cf6291664656a5ab8b2f05046347", "an alert was handed over or came to its end", "ALERT MESSAGE CHANNEL GATEWAY OUTCOME STATE ATTEMPTS CODE REASON DELAYS DELAY_A_USEC DELAY_B_USEC DELAY_C_USEC DELAY_D_USEC") \
        X(ALERT_RETRY,       NOTICE,  "21b3ea0214714679ab3738d611788547", "an attempt failed and will be repeated", "ALERT MESSAGE CHANNEL GATEWAY OUTCOME STATE ATTEMPTS CODE REASON DELAYS DELAY_A_USEC DELAY_B_USEC DELAY_C_USEC DELAY_D_USEC") \
        X(ALERT_UNCERTAIN,   WARNING, "4c4bea8a949f4593a1db7f03f429ce86", "nobody knows whether an attempt arrived", "ALERT MESSAGE CHANNEL GATEWAY OUTCOME STATE ATTEMPTS CODE REASON DELAYS DELAY_A_USEC DELAY_B_USEC DELAY_C_USEC DELAY_D_USEC") \
        X(RECEIPT_FORGED,    WARNING, "8e4a495033524bc2b4f0c8921cbae51f", "a report in a gateway's name that is not the gateway's", "GATEWAY REASON COUNT") \
        X(RECEIPT_UNREADABLE, WARNING, "9e09915d8a6c4ab89be4f93e7cb2d85d", "a gateway's report that is not of the form that its file describes", "GATEWAY REASON COUNT") \
        X(GATEWAY_DOWN,      ERR,     "5adf197c89894bffa76f89759b8ec8cd", "a gateway fails; its alerts wait or take another way", "GATEWAY CHANNEL REASON CODE") \
        X(GATEWAY_SLOW,      WARNING, "e4324d8e8f5d4cbf832860ce9b451148", "a gateway answers late or not at all; others are preferred", "GATEWAY CHANNEL REASON CODE") \
        X(GATEWAY_PROBED,    INFO,    "6f2754bb559b4d32b0405f00d3437aa3", "a gateway that failed is probed", "GATEWAY CHANNEL REASON CODE") \
        X(GATEWAY_PACED,     NOTICE,  "694b7abd91da447498b15286a6b474d3", "a gateway asked for a pause", "GATEWAY CHANNEL CODE REASON PAUSE_USEC") \
        X(GATEWAY_UP,        NOTICE,  "6f4ddc9469444342aad82924f97f5d9d", "a gateway works again", "GATEWAY CHANNEL REASON CODE") \
        X(GATEWAY_STOPPED,   ALERT,   "e1d7966e2fd24346aae213843a5d1ab5", "a gateway refuses us (credentials, money): a person must act", "GATEWAY CHANNEL REASON CODE") \
        X(GATEWAY_CHANGED,   NOTICE,  "4513c17b88fe48f6a33f7e0ee3993f38", "an operator paused or resumed a gateway", "GATEWAY CHANNEL REASON CODE") \
        X(GATEWAY_TESTED,    NOTICE,  "6bae4022aba9490180b59e388c3a0d82", "an operator sent a test message through a gateway", "GATEWAY UID OUTCOME CODE REASON") \
        X(GATEWAY_NONE,      WARNING, "e7641511b7e143db829d45587e1a8f85", "a channel has no gateway; its alerts wait", "CHANNEL FILE") \
        X(COUNTRY_UNSERVED,  ERR,     "8a21acbe9322403ab7ca82707a58caf0", "alerts wait for a country that no gateway serves", "CHANNEL COUNTRY") \
        X(REMINDERS_WAIT,    WARNING, "41702384594744f4bf49328c27dadb33", "no news comes of what was read, so no reminder leaves", "") \
        X(REMINDERS_GO,      NOTICE,  "fc4c09a5dcb045039527742fcd13b3a8", "news of what was read comes again; reminders leave", "") \
        X(ALERT_DAMAGED,     ERR,     "1b5e9590f1244ae9a9493866af9002f2", "an alert's address or words cannot be opened", "ALERT") \
        X(HOLD_CHANGED,      NOTICE,  "ad557a19cfe64613a17509c71b9ebbde", "an operator held or released sending", "UID HOLD SUBJECT") \
        X(LIMIT_NEAR,        WARNING, "5d0c4c3c7a0e4d51b1f2e5b8c9a6d3f1", "a gateway has taken four fifths of its daily limit", "GATEWAY CHANNEL LIMIT") \
        X(LIMIT_REACHED,     ALERT,   "c41e6a2f9b7d4e3c8a5f0d1b2c3e4f60", "a gateway has reached its daily limit and is held", "GATEWAY CHANNEL LIMIT") \
        X(SURGE,             ALERT,   "7e9f1b3d5a2c4e6f8091a3b5c7d9e1f2", "a sender makes too many alerts and is held", "SUBJECT LIMIT") \
        X(LAW_BROKEN,        CRIT,    "f02cd99414b94edca268c7bb278209b5", "a conservation law does not hold", "LAW") \
        X(LAW_MENDED,        NOTICE,  "788e7e69c6154c7cac35624981d1c33c", "the conservation laws hold again", "") \
        X(KEY_ROTATING,      NOTICE,  "5e4c29fc3fbf4f18ad0b968fc92423c4", "a new master key is current; what others sealed is sealed anew", "") \
        X(KEY_ROTATED,       NOTICE,  "fbf5600b35ae4109a2b43da423c73982", "all is sealed under the current master key; the others are removable", "") \
        X(CLOCK_STEPPED,     WARNING, "6c8abece05764ac6a0be6c0e4141c0b8", "the wall clock jumped", "STEP_USEC") \
        X(DOORKEEPER_GONE,   WARNING, "97029807462b4684a0fc1ed4ae0b7c6a", "nobody has the control socket", "") \
        X(WORKER_SILENT,     CRIT,    "e398c0b9b1a14014a65c6cecb075efaa", "a worker does not answer", "") \
        X(AUDIT,             NOTICE,  "838b72548d164d5ca357d88b065450ef", "somebody looked up, erased, replayed, held or rotated", "VERB UID") \
        X(STORM,             WARNING, "a63537a52da840f1a5c2da0470093a04", "entries of one kind came too fast and were counted instead", "STORM_EVENT STORM_COUNT")
/* clang-format on */

#define LOG_ID_ENUM(name, level, id, text, fields) LOG_ID_##name,
typedef enum LogId { LOG_ID_MAP(LOG_ID_ENUM) _LOG_ID_MAX, _LOG_ID_INVALID = -22 } LogId;
#undef LOG_ID_ENUM

#endif
